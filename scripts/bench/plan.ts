import { join } from "node:path";
import {
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  ListUserPoliciesCommand,
} from "@aws-sdk/client-iam";
import { parseConfig } from "../../src/config/parse.ts";
import { systemClock } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { liveProviders } from "../../src/providers/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { ACCOUNT, userName } from "../../test/providers/throttling-stub.ts";
import { cloudEnv, withCloud } from "./cloud.ts";
import { type Bench, compare, timed } from "./measure.ts";

const ORIGIN = "acme.example/soc2-er/bench";
export const CONFIG = `organization: Acme
origin: ${ORIGIN}
providers: { aws: { accounts: [ { id: "${ACCOUNT}", name: prod, regions: [us-east-1] } ] } }
people:
  - { id: ana, roles: [security], keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGGLm8B8A7ECqHUm2SbXi6cw3mvXMbEBt0ZLXTjCXxwR ana] }
`;
const IN_FLIGHT = 16;

/** What planning looks at for each user. */
const looks = (user: string) => {
  const UserName = user;
  return [
    new GetUserCommand({ UserName }),
    new ListUserPoliciesCommand({ UserName }),
    new GetUserPolicyCommand({ UserName, PolicyName: "own" }),
    new ListAccessKeysCommand({ UserName }),
    new ListServiceSpecificCredentialsCommand({ UserName }),
    new ListSigningCertificatesCommand({ UserName }),
    new ListSSHPublicKeysCommand({ UserName }),
  ];
};

/** A plan to revoke so many users, against the calls that it takes, made with the SDK and nothing around it. */
export const plan: Bench = async ({ runs, quick }) => {
  const count = quick ? 5 : 300;
  const users = Array.from({ length: count }, (_, index) => userName(index));
  return withCloud({ users: count, limit: null, latencyMs: 0 }, async (endpoint) => [
    { what: `plan: revoke ${count} users`, against: "the same calls, SDK alone", ...(await sides(runs, users, endpoint)) },
  ]);
};

async function sides(runs: number, users: readonly string[], endpoint: string) {
  const providers = liveProviders({ accounts: [{ id: ACCOUNT }], env: cloudEnv(endpoint), userAgent: { version: "0.0.0" } });
  const raw = new IAMClient({ region: "us-east-1", maxAttempts: 1 });
  try {
    return await compare(
      runs,
      () => timed(() => planned(users, providers)),
      () => timed(() => called(users, raw)),
    );
  } finally {
    raw.destroy();
    await providers.close();
  }
}

async function planned(users: readonly string[], providers: ReturnType<typeof liveProviders>): Promise<void> {
  const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
  const runbook = runbooks.find(({ id }) => id === "revoke-credentials");
  if (runbook === undefined) throw new Error("there is no runbook to revoke credentials");
  const scopes = providers.scopes({ signal: new AbortController().signal });
  const config = parseConfig(CONFIG, "bench.yaml");
  const { changes } = await planContainment(
    {
      kind: "contain",
      runbook,
      target: { kind: "principals", principals: users.map((name) => ({ kind: "aws:user", name })) },
      params: {},
      incident: null,
      operator: "ana",
      maxChanges: 3 * users.length,
    },
    { config, scopes, origin: ORIGIN, mode: "real", clock: systemClock, tool: "bench", auditStores: [] },
  );
  if (changes.length !== 3 * users.length) throw new Error(`${changes.length} changes were planned`);
  // Beside the looks, one call asks who we are.
  const made = scopes.requests.length - 1;
  const wanted = users.length * looks("").length;
  if (made !== wanted) throw new Error(`planning takes ${made} calls, the other side makes ${wanted}: bring them together`);
}

/** The calls that planning for these users takes. */
export async function called(users: readonly string[], client: IAMClient): Promise<void> {
  const queue = users.flatMap(looks).values();
  const worker = async (): Promise<void> => {
    for (const command of queue) await client.send(command as GetUserCommand);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}
