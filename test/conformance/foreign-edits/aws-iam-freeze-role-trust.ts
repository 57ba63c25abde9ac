import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets the responders' role in, too",
  async edit(bench, resource) {
    const { Role } = (await bench.aws("iam", "GetRole", { RoleName: resource.id }, resource)) as {
      Role: { AssumeRolePolicyDocument: string };
    };
    const document = JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)) as { Statement: object[] };
    const theirs = {
      Sid: "AdminEdit",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:role/soc2-er-responder" },
      Action: "sts:AssumeRole",
    };
    const PolicyDocument = JSON.stringify({ ...document, Statement: [theirs, ...document.Statement] });
    await bench.aws("iam", "UpdateAssumeRolePolicy", { RoleName: resource.id, PolicyDocument }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
