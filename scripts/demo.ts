import "./node-version.ts";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Stage } from "./demo/stage.ts";
import { Watch } from "./demo/watch.ts";

/** The main job from the first alarm to the auditor, on the range: no account, no network, nothing real. */
const stage = new Stage();
try {
  await play();
} finally {
  await rm(stage.home, { recursive: true, force: true });
}

async function play(): Promise<void> {
  stage.heading("What this is");
  stage.say(
    [
      "A simulated cloud (the range) with two tenants, acme and globex, of one company. Everything you see is the real program;",
      "only the providers are played. Clocks: time runs at its real speed. Simulated is how long a provider takes until a change",
      "is in effect; the range does that within seconds, where the provider's documentation allows minutes.",
    ].join("\n"),
  );
  await stage.run(["incident", "declare", "--title", "acme: stolen key, strange shell", "--severity", "1", "--tenant", "acme"]);
  const watch = await Watch.over(join(stage.home, "range"));
  try {
    await attackerBefore(watch);
    const before = watch.everything();
    const done = await contain(watch);
    await undo(watch, done, before);
  } finally {
    watch.close();
  }
  await audit();
}

async function attackerBefore(watch: Watch): Promise<void> {
  stage.heading("What the attacker can do right now");
  for (const { probe, open, wanted } of await watch.look()) {
    if (wanted === "blocked") stage.line(`${open ? "open  " : "closed"}  ${probe}`, open ? "bad" : "good");
  }
  stage.say("And what must go on working, whatever is done:");
  for (const { probe, open, wanted } of await watch.look())
    if (wanted === "open") stage.line(`${open ? "works " : "broken"}  ${probe}`, open ? "good" : "bad");
}

async function contain(watch: Watch): Promise<readonly string[]> {
  stage.heading("Plan: look only, change nothing");
  await stage.run(["lockdown", "tenant", "acme", "--param", "cidr=203.0.113.0/24,2001:db8:bad::/48"], { exit: 8 });
  const lockdown = await waitingPlan();
  stage.say("The stolen key is not acme's: it belongs to a user of the company. A second plan revokes it.");
  await stage.run(["revoke", "aws:user/intruder"], { exit: 8, only: /PLAN|^[~+-]|Approvals|waiting/ });
  const revoke = await waitingPlan();
  stage.say("Nothing happens without the security lead and the engineering lead. The operator is neither of them.");
  await stage.run(["apply", lockdown, "--yes"], { exit: 8, only: /Approvals|waiting/ });
  await approveBoth(lockdown);
  await approveBoth(revoke);
  stage.heading("Apply: type the tenant's name; a colleague applies the other plan meanwhile");
  const started = Date.now();
  watch.begin();
  const colleague = stage.hear(["apply", revoke, "--yes"]);
  await stage.play(["apply", lockdown], "acme");
  stage.tell(await colleague, /CONTAINED|confirmed,|run-|time to|aws\./);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await cutOff(watch, started);
  return runs();
}

async function cutOff(watch: Watch, started: number): Promise<void> {
  const refused = await watch.end();
  stage.heading("When was the attacker really cut off?");
  for (const { id, probe, open, wanted, detail } of await watch.look()) {
    if (wanted === "open") stage.line(`${open ? "works     " : "BROKEN    "}  ${probe}`, open ? "good" : "bad");
    else if (open) stage.line(`STILL OPEN  ${probe}: ${detail}`, "bad");
    else stage.line(`${sayAfter(started, refused.get(id))}  ${probe}`, "good");
  }
}

async function approveBoth(plan: string): Promise<void> {
  await stage.run(["approve", plan, "--yes"], { who: "sec-lead", only: /: approved/ });
  await stage.run(["approve", plan, "--yes"], { who: "eng-lead", only: /: approved/ });
}

async function undo(watch: Watch, done: readonly string[], before: string): Promise<void> {
  stage.heading("Undo exactly");
  const plans: string[] = [];
  for (const run of done) {
    await stage.run(["rollback", run], { exit: 8, only: /PLAN|restorable|waiting/ });
    const plan = await waitingPlan();
    await approveBoth(plan);
    plans.push(plan);
  }
  for (const said of await Promise.all(plans.map((plan) => stage.hear(["apply", plan, "--yes"]))))
    stage.tell(said, /ROLLED|incident|changes confirmed/);
  if (watch.everything() !== before) throw new Error("something is left behind, or missing");
  stage.line("everything that exists in the simulated cloud is what existed before", "good");
}

async function audit(): Promise<void> {
  stage.heading("A year later: the auditor");
  await stage.run(["audit", "verify"]);
  stage.say("Somebody changes one letter of one entry, in a copy of the log:");
  const copy = `${stage.home}-copy`;
  try {
    await cp(stage.home, copy, { recursive: true });
    const segment = join(copy, "drill/log/segments/0000000000.wal");
    const bytes = await readFile(segment);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = bytes[middle] === 0x41 ? 0x42 : 0x41;
    await writeFile(segment, bytes);
    await stage.run(["audit", "verify"], { exit: 30, home: copy, only: /tampered|wal:|own length/ });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  stage.say('That is the product. The first real steps: README.md, "Before the first incident".');
}

async function waitingPlan(): Promise<string> {
  const { document } = await stage.ask(["plan", "list"]);
  const { items } = document as { items: { digest: string; state: string }[] };
  const found = items.find(({ state }) => state === "pending");
  if (found === undefined) throw new Error("no plan is waiting");
  return found.digest;
}

/** What the incident holds, by run, newest first: undone in that order. */
async function runs(): Promise<readonly string[]> {
  const { document } = await stage.ask(["incident", "show"]);
  const { leases } = document as { leases: { run: string }[] };
  const held = [...new Set(leases.map(({ run }) => run))];
  if (held.length === 0) throw new Error("nothing is held");
  return held.reverse();
}

function sayAfter(started: number, at: number | undefined): string {
  return at === undefined ? "was closed" : `after ${((at - started) / 1000).toFixed(1)} s`.padEnd(10);
}
