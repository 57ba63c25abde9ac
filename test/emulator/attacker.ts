import type { EffectAnswer, EffectObserver, EffectQuestion } from "../../src/model/index.ts";
import { type AwsCredentials, as } from "./caller.ts";
import type { Emulator } from "./emulator.ts";
import { ROOT, type Seeded } from "./seed.ts";
import { trySignIn } from "./sign-in.ts";

type CallQuestion = Extract<EffectQuestion, { kind: "aws-call" }>;
type SignInQuestion = Extract<EffectQuestion, { kind: "sign-in" }>;

type Tried = readonly [name: string, input: object];

const SOMETHING = "tenants/acme/users.json";
/** What the policy language calls a call, and one that needs it. */
const CALLS: Readonly<Record<string, (bucket: string, key: string) => Tried>> = {
  "s3:GetObject": (Bucket, Key) => ["s3:GetObject", { Bucket, Key }],
  "s3:*": (Bucket, Key) => ["s3:GetObject", { Bucket, Key }],
  // An ARN of a role parts at its slash, too.
  "sts:AssumeRole": (arn, name) => ["sts:AssumeRole", { RoleArn: `${arn}/${name}`, RoleSessionName: "attacker" }],
  // Whoever was stolen may read it.
  "*": () => ["s3:GetObject", { Bucket: "acme-data", Key: SOMETHING }],
  "sts:GetCallerIdentity": () => ["sts:GetCallerIdentity", {}],
};
/** Of the tables: their keys' names. */
const KEYS: Readonly<Record<string, readonly [partition: string, ...sort: string[]]>> = {
  "app-items": ["pk", "sk"],
  "app-events": ["tenant"],
};
const REFUSED = /^(AccessDenied|InvalidClientTokenId|InvalidAccessKeyId|Forbidden)/;

/** moto decrypts whatever a key's policy or state says: nothing could be seen. */
const BLIND = /^kms:/;

/** Whether there is an answer to be had. */
export function canAsk(question: EffectQuestion): boolean {
  return question.kind === "sign-in" || (question.kind === "aws-call" && !BLIND.test(question.operation));
}

/**
 * Makes the attacker's requests with stolen credentials, and says what became of them. About traffic nobody knows: the emulator
 * sends no packets.
 */
export function attacker(emulator: Emulator, seeded: Seeded): EffectObserver {
  return {
    async ask(question) {
      if (question.kind === "sign-in") return signsIn(emulator, seeded, question);
      if (question.kind !== "aws-call" || !canAsk(question)) return "unknown";
      const answers = await Promise.all(
        stolenFor(question, seeded).map((credentials) => tryCall(emulator, credentials, question)),
      );
      if (answers.includes("open")) return "open";
      return answers.length > 0 && answers.every((answer) => answer === "blocked") ? "blocked" : "unknown";
    },
  };
}

async function signsIn({ endpoint }: Emulator, { ids }: Seeded, question: SignInQuestion): Promise<EffectAnswer> {
  const caller = as(endpoint, ROOT);
  try {
    return await trySignIn(caller, ids.get("1h4n0portal000000000000001") ?? "", question);
  } finally {
    caller.close();
  }
}

/** Stolen sessions were issued when the emulator was seeded, before any plan. */
function stolenFor({ as: who }: CallQuestion, { stolen }: Seeded): readonly AwsCredentials[] {
  const names = (): readonly string[] => {
    if ("user" in who) return [who.user];
    if ("accessKeyId" in who) return [who.accessKeyId];
    if ("sourceIdentity" in who) return [`${who.role}/${who.sourceIdentity}`];
    if ("role" in who) return [who.role];
    return [...stolen.keys()].filter((name) => !who.anyoneBut.some((arn) => arn.endsWith(`/${name.split("/")[0]}`)));
  };
  return names().flatMap((name) => stolen.get(name) ?? []);
}

async function tryCall({ endpoint }: Emulator, credentials: AwsCredentials, question: CallQuestion): Promise<EffectAnswer> {
  const [name, input] = callFor(question);
  const caller = as(endpoint, credentials);
  try {
    await caller(name, input);
    return "open";
  } catch (error) {
    if (error instanceof Error && REFUSED.test(error.name)) return "blocked";
    // The bucket has no such object: whoever is told so may look.
    if (error instanceof Error && error.name === "NoSuchKey") return "open";
    throw error;
  } finally {
    caller.close();
  }
}

function callFor(question: CallQuestion): Tried {
  const { operation, resource, context } = question;
  if (operation === "secretsmanager:GetSecretValue") return [operation, { SecretId: resource.split(":secret:")[1] }];
  if (operation === "dynamodb:GetItem") {
    const TableName = resource.split("/")[1] ?? "";
    const [partition = "", ...sort] = KEYS[TableName] ?? [];
    const own = { [partition]: { S: context?.["dynamodb:LeadingKeys"]?.[0] ?? "" } };
    return [operation, { TableName, Key: { ...own, ...Object.fromEntries(sort.map((name) => [name, { S: "USER#1" }])) } }];
  }
  const [bucket = "", ...pattern] = resource.replace("arn:aws:s3:::", "").split("/");
  const key = pattern.join("/");
  return CALLS[operation]?.(bucket, key.endsWith("*") ? SOMETHING : key) ?? unknownCall(question);
}

function unknownCall({ operation }: CallQuestion): never {
  throw new Error(`nobody tries "${operation}" on the emulator yet`);
}
