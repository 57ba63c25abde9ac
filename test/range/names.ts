export { BUCKET_POLICY as BUCKET_POLICY_TEXT } from "../../src/exercise/range/estate/data.ts";
export { SECRET_POLICY as SECRET_POLICY_TEXT } from "../../src/exercise/range/estate/keyed.ts";
export {
  BUCKET,
  EDGE_ACL,
  INTRUDER,
  INTRUDER_KEY,
  INTRUDER_SECOND_KEY,
  operationNames,
  VPC,
} from "../../src/exercise/range/index.ts";
