/** One room of `src/`: where it stands, which packages and which node built-ins its files may import. */
export type Room = { readonly floor: number; readonly packages: readonly string[]; readonly builtins: readonly string[] };

export const AWS = [
  "auto-scaling",
  "cloudfront",
  "cloudtrail",
  "cognito-identity-provider",
  "dynamodb",
  "ec2",
  "eks",
  "elastic-load-balancing-v2",
  "iam",
  "identitystore",
  "kms",
  "network-firewall",
  "organizations",
  "rds",
  "s3",
  "s3-control",
  "secrets-manager",
  "sso-admin",
  "sts",
  "wafv2",
].map((name) => `@aws-sdk/client-${name}`);
const FILES = ["node:fs", "node:fs/promises", "node:path", "node:os"];

/**
 * The import table. A room imports rooms of a strictly lower floor, and `model`; of another room only its `index.ts`.
 * The longest matching folder counts: `exercise/range`, the simulated cloud, and `planner/policy`, the evaluator that the planner and
 * the range share, are rooms of their own.
 */
export const ROOMS: Readonly<Record<string, Room>> = {
  model: { floor: 0, packages: [], builtins: ["node:crypto", "node:net", "node:timers/promises"] },
  yaml: { floor: 0.5, packages: ["yaml", "zod"], builtins: ["node:fs/promises"] },
  config: { floor: 1, packages: ["zod"], builtins: FILES },
  signing: { floor: 1, packages: ["execa"], builtins: ["node:crypto", "node:net", ...FILES] },
  providers: {
    floor: 1,
    packages: [...AWS, "@azure/arm-network", "@azure/identity", "@azure/core-rest-pipeline", "execa"],
    builtins: ["node:crypto", "node:http", "node:https", "node:async_hooks", "node:stream", ...FILES],
  },
  runbooks: { floor: 1, packages: ["zod"], builtins: FILES },
  terminal: { floor: 1, packages: ["chalk", "ora", "@inquirer/prompts", "qr"], builtins: ["node:util"] },
  actions: { floor: 2, packages: [...AWS, "@azure/arm-network", "zod"], builtins: [] },
  audit: {
    floor: 2,
    packages: ["@aws-sdk/client-kms", "@aws-sdk/client-s3", "@azure/core-rest-pipeline"],
    builtins: ["node:crypto", "node:http", "node:https", "node:sqlite", "node:stream", "node:readline", ...FILES],
  },
  incidents: { floor: 3, packages: [], builtins: [] },
  approvals: { floor: 3, packages: [], builtins: ["node:crypto"] },
  "planner/policy": { floor: 3.5, packages: [], builtins: [] },
  planner: {
    floor: 4,
    packages: ["cloudtrail", "cognito-identity-provider", "ec2", "iam", "identitystore", "s3", "sso-admin", "sts"].map(
      (name) => `@aws-sdk/client-${name}`,
    ),
    builtins: ["node:crypto"],
  },
  engine: { floor: 5, packages: [], builtins: ["node:crypto"] },
  notices: { floor: 6, packages: ["execa"], builtins: ["node:fs/promises"] },
  readiness: { floor: 6, packages: ["@aws-sdk/client-sts"], builtins: [] },
  exercise: { floor: 6, packages: [], builtins: ["node:crypto", ...FILES] },
  "exercise/range": {
    floor: 5.5,
    packages: [...AWS, "@azure/core-rest-pipeline"],
    builtins: ["node:crypto", "node:sqlite", "node:stream", ...FILES],
  },
  cli: {
    floor: 7,
    packages: ["commander"],
    builtins: ["node:perf_hooks", "node:stream", "node:stream/consumers", "node:util", "node:v8", "node:zlib", ...FILES],
  },
};

/** Pieces that stand alone: they import no room, and nothing of `src/` imports them except where said. */
export const ALONE: Readonly<Record<string, { readonly builtins: readonly string[]; readonly usedBy: readonly string[] }>> = {
  verifier: {
    builtins: ["node:buffer", "node:crypto", "node:net", "node:v8", "node:worker_threads", ...FILES],
    usedBy: ["audit"],
  },
};

/** Rooms that may touch `process` and `console`. */
export const TALKING = ["cli", "terminal"];

export function roomOf(file: string): string {
  const parts = file.split("/").slice(1, -1);
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join("/");
    if (name in ROOMS || name in ALONE) return name;
  }
  return parts.join("/");
}
