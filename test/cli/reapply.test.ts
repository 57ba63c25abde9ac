import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditReader } from "../../src/audit/index.ts";
import { plansForUnreached, reapplications } from "../../src/cli/flow/reapply.ts";
import { emptyState, type LeaseState, type LogState } from "../../src/incidents/index.ts";
import { digestBytes, type Incident, type PlanHeader } from "../../src/model/index.ts";
import { planLines, sealPlan } from "../../src/planner/index.ts";
import type { Runbook } from "../../src/runbooks/index.ts";

const INCIDENT: Incident = {
  ...{ id: "inc-1", title: "it's leaking", severity: 1, mode: "drill" },
  ...{ declaredAt: "2026-01-01T00:00:00.000Z", declaredBy: "on-call", status: "open" },
};

function runbook(id: string, command?: Runbook["command"]): Runbook {
  const param = { description: "", required: false } as const;
  const params = { cidr: { ...param, type: "cidrs" }, depth: { ...param, type: "integer", default: "3" } } as Runbook["params"];
  const file = { digest: digestBytes(id), source: `${id}.yaml`, bytes: new Uint8Array() };
  return { id, title: id, controls: [], params, steps: [], ...file, ...(command === undefined ? {} : { command }) };
}

const RUNBOOKS = [
  runbook("isolate-tenant", { verb: "isolate", noun: "tenant" }),
  runbook("revoke-credentials", { verb: "revoke", noun: "principal" }),
  runbook("block-edge-traffic", { verb: "block", noun: "ip" }),
  runbook("ours", { verb: "drain", noun: "tenant" }),
  runbook("plain"),
];

type Facts = Partial<Pick<PlanHeader, "target" | "params" | "narrowed">> & { readonly runbook: string };

function headerOf(facts: Facts): PlanHeader {
  return {
    ...{ schema: "soc2-er/plan@1", kind: "contain", nonce: "n", origin: "o", mode: "drill", incident: "inc-1", target: "acme" },
    ...{
      params: {},
      operator: "on-call",
      createdAt: "",
      expiresAt: "",
      required: [],
      leasesExpireAt: null,
      checks: [],
      skipped: [],
    },
    ...{ tool: "t", ...facts, runbook: { id: facts.runbook, digest: digestBytes("x") } },
  };
}

/** The command for a lease of a run of such a plan, as it would be typed. */
async function commandFor(facts: Facts, { incident = INCIDENT, here = true, runbooks = RUNBOOKS } = {}): Promise<string | null> {
  const plan = sealPlan(headerOf(facts), []);
  const state: LogState = emptyState("drill");
  state.incidents.set(incident.id, incident);
  state.runs.set("run-1", { id: "run-1", plan: plan.digest } as never);
  const log = {
    blob: async () => (here ? Buffer.from([...planLines(plan)].join("")) : null),
  } as Partial<AuditReader> as AuditReader;
  const commands = await reapplications([{ run: "run-1" } as LeaseState], state, log, runbooks);
  return commands.get("run-1")?.join(" ") ?? null;
}

test("a plan's words are those that a person would type", async () => {
  assert.equal(await commandFor({ runbook: "isolate-tenant" }), "soc2-er isolate tenant acme --incident inc-1");
  const two = await commandFor({ runbook: "revoke-credentials", target: "aws:user/a aws:role/b" });
  assert.equal(two, "soc2-er revoke aws:user/a aws:role/b --incident inc-1");
  const networks = await commandFor({ runbook: "block-edge-traffic", target: "203.0.113.0/24 2001:db8::/48" });
  assert.equal(networks, "soc2-er block ip 203.0.113.0/24 2001:db8::/48 --incident inc-1");
});

test("a runbook without a command of its own is run by its id", async () => {
  assert.equal(await commandFor({ runbook: "ours" }), "soc2-er run ours --param tenant=acme --incident inc-1");
  assert.equal(await commandFor({ runbook: "plain" }), "soc2-er run plain --param tenant=acme --incident inc-1");
  const twice = [...RUNBOOKS, runbook("another", { verb: "block", noun: "ip" })];
  const networks = { runbook: "another", target: "203.0.113.0/24 198.18.0.0/24" };
  const said = await commandFor(networks, { runbooks: twice });
  assert.equal(said, "soc2-er run another --param cidr=203.0.113.0/24,198.18.0.0/24 --incident inc-1");
});

test("what the plan was given is given again, what the runbook fills in is not", async () => {
  const params = { cidr: "203.0.113.0/24", depth: "3" };
  const narrowed = { account: "prod", region: "eu-west-1" };
  assert.equal(
    await commandFor({ runbook: "isolate-tenant", params, narrowed }),
    "soc2-er isolate tenant acme --param cidr=203.0.113.0/24 --account prod --region eu-west-1 --incident inc-1",
  );
  const deeper = await commandFor({ runbook: "isolate-tenant", params: { depth: "4" } });
  assert.equal(deeper, "soc2-er isolate tenant acme --param depth=4 --incident inc-1");
});

test("for a closed incident another is declared", async () => {
  const said = await commandFor({ runbook: "isolate-tenant" }, { incident: { ...INCIDENT, status: "closed" } });
  assert.equal(said, "soc2-er isolate tenant acme --declare undone after inc-1 was closed: it's leaking --severity 1");
});

test("nothing is made up where the plan's content or its runbook is not here", async () => {
  assert.equal(await commandFor({ runbook: "isolate-tenant" }, { here: false }), null);
  assert.equal(await commandFor({ runbook: "gone" }), null);
});

test("what is above the accounts is planned again with the whole, and an account by itself", async () => {
  const trouble = { cause: "denied", reason: "x" };
  const unreached = [
    { account: "111122223333", part: "organization" as const, ...trouble },
    { account: "210000000001", ...trouble },
  ];
  const header = { ...headerOf({ runbook: "revoke-credentials", target: "aws:user/a" }), unreached };
  const state: LogState = emptyState("drill");
  state.incidents.set(INCIDENT.id, INCIDENT);
  const commands = await plansForUnreached(header, state, RUNBOOKS);
  assert.deepEqual(
    commands.map((argv) => argv.join(" ")),
    ["soc2-er revoke aws:user/a --incident inc-1", "soc2-er revoke aws:user/a --account 210000000001 --incident inc-1"],
  );
});
