import type { ForeignEdit } from "../bench.ts";
import { foreignEdit as editOfPolicy } from "./aws-organizations-deny-principal.ts";

export const foreignEdit: ForeignEdit = {
  ...editOfPolicy,
  edit: (bench, resource) => editOfPolicy.edit(bench, { ...resource, id: resource.id.split("/")[1] ?? "" }),
};
