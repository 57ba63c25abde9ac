/** The web ACL is the same document, whichever part of it is ours. */
export { foreignEdit } from "./aws-wafv2-default-block.ts";
