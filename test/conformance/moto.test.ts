import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Action, actionList } from "../../src/actions/index.ts";
import { type Emulator, NO_EMULATOR, startEmulator } from "../emulator/emulator.ts";
import { LEFT_OUT, LONG } from "../emulator/long.ts";
import { type Seeded, seed } from "../emulator/seed.ts";
import { policy } from "../emulator/seed-identity.ts";
import type { ForeignEdit } from "./bench.ts";
import { type AnyExample, plan } from "./driver.ts";
import { laws, operationsUsed } from "./laws.ts";
import { type MotoBench, motoBench } from "./moto-bench.ts";
import { isKindOfItsOwn, LIKE, notOnEmulator } from "./subjects.ts";

/** `final`, of each example: whether what the action does there cannot be undone. */
type Stage = { readonly seeded: Seeded; readonly bench: MotoBench; readonly final: readonly boolean[] };

const emulator = await startEmulator({ after });
// All loaded before the first is registered: else everything registered could have been run, and the emulator ended.
const all = actionList.filter(({ id }) => notOnEmulator(id) === null);
const tried = all.filter(({ id }) => LONG || isKindOfItsOwn(id));
const subjects = await Promise.all(tried.map(load));
for (const { id } of all)
  if (!tried.some((one) => one.id === id)) test(`${id} on the emulator`, { skip: LEFT_OUT }, () => undefined);
test("what works as another action is one, and the other is tried each time", () => {
  const own = new Set(all.filter(({ id }) => isKindOfItsOwn(id)).map(({ id }) => id));
  for (const [id, other] of Object.entries(LIKE)) assert.ok(own.has(other) && all.some((one) => one.id === id), id);
});
if (emulator === null) test("actions on the emulator", { skip: NO_EMULATOR }, () => undefined);
else for (const subject of subjects) everyLaw(emulator, subject);

type Subject = { readonly action: Action; readonly edit: ForeignEdit };

async function load({ id, load }: (typeof actionList)[number]): Promise<Subject> {
  const { foreignEdit }: { foreignEdit: ForeignEdit } = await import(`./foreign-edits/${id.replaceAll(".", "-")}.ts`);
  return { action: await load(), edit: foreignEdit };
}

function everyLaw(cloud: Emulator, { action, edit }: Subject): void {
  const { id } = action;
  let stage: Stage | null = null;
  const examplesOn = ({ seeded }: Stage) => action.examples.map((example) => seeded.here(example) as AnyExample);

  const onStage = (says: string, dirties: (stage: Stage) => boolean, check: (stage: Stage) => Promise<void>): void => {
    test(`${id} on the emulator: ${says}`, async () => {
      stage ??= await setStage(cloud, action);
      const { bench } = stage;
      let clean = false;
      try {
        await check(stage);
        clean = !dirties(stage);
      } finally {
        if (!clean) {
          stage = null;
          await bench.close();
        }
      }
    });
  };

  action.examples.forEach(({ title }, index) => {
    for (const { says, edits = false, looks = false, check } of laws) {
      const dirties = ({ final }: Stage) => edits || (final[index] === true && !looks);
      onStage(`${title}: ${says}`, dirties, async (set) => {
        const example = examplesOn(set)[index];
        if (example) await check(set.bench, { action, example, edit });
      });
    }
  });
  const always = () => true;
  onStage("what it declares is enough", always, async (set) => {
    await operationsUsed(set.bench, action, examplesOn(set));
  });
}

/** The responders may do what the action declares, and nothing else. */
async function setStage(cloud: Emulator, action: Action): Promise<Stage> {
  const { permissions } = action;
  // What it does not declare, it may not touch: of other services there is nothing to compare.
  const services = [...new Set([...permissions.read, ...permissions.write].flatMap((one) => ("iam" in one ? one.service : [])))];
  const seeded = await seed(cloud, (service) => services.includes(service));
  const Action = [...permissions.read, ...permissions.write].flatMap((one) => ("iam" in one ? one.iam : []));
  const PolicyDocument = policy([{ Effect: "Allow", Action, Resource: "*" }]);
  for (const admin of [seeded.admin, seeded.management])
    await admin?.("iam:PutRolePolicy", { RoleName: "soc2-er-responder", PolicyName: "respond", PolicyDocument });
  const bench = motoBench(cloud, seeded, services);
  const examples = action.examples.map((example) => seeded.here(example) as AnyExample);
  const planned = await Promise.all(examples.map((example) => plan(action, example, bench.scopes())));
  return { seeded, bench, final: planned.map((changes) => changes.some(({ reversal }) => reversal.kind === "none")) };
}
