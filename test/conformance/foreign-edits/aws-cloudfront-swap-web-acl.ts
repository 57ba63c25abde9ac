/** The configuration is the same document, whichever part of it is ours. */
export { foreignEdit } from "./aws-cloudfront-disable.ts";
