import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { generateKeyFile } from "../../src/signing/index.ts";
import { Company, type Employee, refused } from "./company.ts";
import { Drill } from "./drill.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents of several commands, read where the test knows their form
type Document = Record<string, any>;

async function said(company: Company, args: readonly string[], who: Employee, input?: string): Promise<Document> {
  const { code, out, err } = await company.run([...args, "--json"], { who, ...(input === undefined ? {} : { input }) });
  assert.equal(code, 0, `${args.join(" ")}\n${out}${err}`);
  return JSON.parse(out);
}

const propose = (company: Company, who: Employee, ...words: string[]): Promise<Document> =>
  said(company, ["audit", "key", "propose", ...words, "--yes"], who);

/** Proposed by one, signed by the other, recorded by the third. */
async function changed(company: Company, proposer: Employee, signer: Employee, ...words: string[]): Promise<Document> {
  const { text } = await propose(company, proposer, ...words);
  const signed = await said(company, ["audit", "key", "sign", "-", "--yes"], signer, text);
  assert.equal(signed["state"], "holds", JSON.stringify(signed));
  return said(company, ["audit", "key", "apply", "-", "--yes"], signer, signed["text"]);
}

/** What chat and mail do to a text. */
const mangled = (text: string): string =>
  `Ana wrote:\r\n${text
    .split("\n")
    .map((line) => `> ${line.length > 60 ? `${line.slice(0, 60)}\r\n> ${line.slice(60)}` : line}`)
    .join("\r\n")}\r\nregards`;

test("a key is added by two leads on their own terminals, over a chat, and opens sessions from then on; the old one is retired", async (t) => {
  const company = await Company.found(t, "audit: { stores: [ { kind: directory, path: store } ] }\n");
  await generateKeyFile(join(company.folder, "on-call-2"), "on-call");
  const proposed = await propose(company, "sec-lead", "add-key", "on-call", "on-call-2.pub", "--reason", "new laptop");
  assert.equal(proposed["state"], "pending");
  assert.deepEqual(proposed["signers"], ["sec-lead"]);
  assert.match(
    proposed["text"],
    /^soc2-er keyring v1\norigin: acme\.example\/soc2-er\/prod\nafter: sha256:.*\nchange: add-key\nperson: on-call\n/,
  );

  const early = await company.run(["audit", "key", "apply", "-", "--yes"], { input: proposed["text"] });
  refused(early, { code: "keyring-pending", exit: 8, says: "two people must sign" });
  const signed = await said(company, ["audit", "key", "sign", "-", "--yes"], "eng-lead", mangled(proposed["text"]));
  assert.deepEqual([signed["state"], signed["signers"]], ["holds", ["sec-lead", "eng-lead"]]);
  const file = join(company.folder, "change.txt");
  await writeFile(file, mangled(signed["text"]));
  const recorded = await said(company, ["audit", "key", "apply", "change.txt", "--yes"], "on-call");
  assert.equal(recorded["state"], "recorded");
  const again = await company.run(["audit", "key", "apply", "change.txt", "--yes"]);
  refused(again, { code: "keyring-overtaken", exit: 5, says: "changed by another change" });

  await cp(join(company.folder, "on-call"), join(company.folder, "on-call-1"));
  await changed(company, "on-call", "eng-lead", "retire-key", "on-call", "on-call.pub");
  const old = await company.run(["incident", "declare", "--title", "x", "--severity", "3"]);
  refused(old, { code: "key-unknown", exit: 2, says: "belongs to nobody" });
  await cp(join(company.folder, "on-call-2"), join(company.folder, "on-call"));
  await said(company, ["incident", "declare", "--title", "x", "--severity", "3"], "on-call");
  const { items } = await said(company, ["audit", "key", "list"], "on-call");
  const states = items.filter(({ person }: Document) => person === "on-call").map(({ state }: Document) => state);
  assert.deepEqual(states, ["retired", "active"]);
  assert.equal((await company.run(["audit", "verify"])).code, 0);
});

test("signatures that come back from two people at once are put together; other changes are not mixed in", async (t) => {
  const company = await Company.found(t);
  await generateKeyFile(join(company.folder, "eve"), "eve");
  const words = ["add-person", "eve", "eve.pub", "--role", "operator", "--role", "engineering"];
  const { statement } = await propose(company, "sec-lead", ...words);
  const files = await Promise.all(
    (["sec-lead", "eng-lead"] as const).map(async (who) => {
      const { text, statement: same } = await propose(company, who, ...words);
      assert.equal(same, statement, "a statement has nothing of its own but what it says");
      await writeFile(join(company.folder, `from-${who}.txt`), text);
      return `from-${who}.txt`;
    }),
  );
  const { text } = await propose(company, "sec-lead", "remove-person", "on-call");
  await writeFile(join(company.folder, "other.txt"), text);
  refused(await company.run(["audit", "key", "apply", ...files, "other.txt", "--yes"]), {
    code: "keyring-refused",
    exit: 10,
    says: "different changes",
  });
  const recorded = await said(company, ["audit", "key", "apply", ...files, "--yes"], "on-call");
  assert.deepEqual([recorded["state"], recorded["roles"]], ["recorded", ["operator", "engineering"]]);
  const listed = await company.run(["audit", "key", "list"]);
  assert.match(listed.out, /eve\nroles: operator, engineering\nkey: SHA256:\S+\nstate: active\n/);
});

test("who is revoked may nothing more, and what they wrote after the last good entry is listed", async (t) => {
  const company = await Company.found(t);
  await said(company, ["incident", "declare", "--title", "x", "--severity", "3"], "on-call");
  const key = await readFile(join(company.folder, "on-call.pub"), "utf8");
  const listed = await said(company, ["audit", "key", "list"], "sec-lead");
  const { fingerprint } = listed["items"].find(({ person }: Document) => person === "on-call");
  await changed(
    company,
    "sec-lead",
    "eng-lead",
    "revoke-key",
    "on-call",
    fingerprint,
    "--good-through",
    "2",
    "--reason",
    "stolen",
  );
  refused(await company.run(["incident", "declare", "--title", "y", "--severity", "3"]), {
    code: "key-unknown",
    exit: 2,
    says: "belongs to nobody",
  });
  const { code, out } = await company.run(["audit", "verify", "--json"], { who: "sec-lead" });
  const { findings } = JSON.parse(out);
  assert.deepEqual([...new Set(findings.map(({ code }: Document) => code))], ["tainted"]);
  assert.ok(findings.length >= 3, "a session with an incident");
  assert.equal(code, 10);
  const back = await company.run(["audit", "key", "propose", "add-key", "on-call", key, "--yes"], { who: "sec-lead" });
  refused(back, { code: "keyring-refused", exit: 10, says: "a key is added once" });
});

test("what cannot be is refused before anything is signed", async (t) => {
  const company = await Company.found(t);
  const tried: readonly (readonly [words: string[], code: string, exit: number, says: string])[] = [
    [["add-keys", "on-call"], "usage", 2, "add-keys"],
    [["add-key", "on-call"], "usage", 2, "needs key"],
    [["set-roles", "on-call"], "usage", 2, "needs --role"],
    [["remove-person", "on-call", "on-call.pub"], "usage", 2, "takes no key"],
    [["revoke-key", "on-call", "on-call.pub"], "usage", 2, "needs --good-through"],
    [["revoke-key", "on-call", "on-call.pub", "--good-through", "99"], "keyring-refused", 10, "comes after"],
    [["add-key", "on-call", "nothing.pub"], "usage", 2, "nothing.pub"],
    [["add-key", "on-call", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM="], "keyring-refused", 10, "ssh-rsa"],
    [["add-key", "on-call", "eng-lead.pub"], "keyring-refused", 10, "added once"],
    [["add-key", "nobody", "on-call.pub"], "keyring-refused", 10, "nobody"],
    [["set-roles", "on-call", "--role", "a,b"], "usage", 2, "a,b"],
    [["remove-person", "on-call", "--reason", "Ünfair"], "usage", 2, "reason"],
  ];
  for (const [words, code, exit, says] of tried)
    refused(await company.run(["audit", "key", "propose", ...words, "--yes"], { who: "sec-lead" }), { code, exit, says });
  for (const args of [
    ["propose", "remove-person", "on-call"],
    ["sign", "change.txt"],
    ["apply", "change.txt"],
  ]) {
    const { text } = await propose(company, "sec-lead", "remove-person", "on-call");
    const { text: both } = await said(company, ["audit", "key", "sign", "-", "--yes"], "eng-lead", text);
    await writeFile(join(company.folder, "change.txt"), both);
    const hints = refused(await company.run(["audit", "key", ...args], { who: "sec-lead", input: "yes\n" }), {
      code: "no-terminal",
      exit: 3,
      says: "on-call",
    });
    assert.match(hints[0] ?? "", new RegExp(`^soc2-er audit key ${args.join(" ")} --yes`));
  }
  assert.equal((await said(company, ["audit", "key", "list"], "on-call"))["items"].length, 3);
});

test("stock OpenSSH checks a real approval with the allowed_signers of the log, and nothing but approvals", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const approval = (await drill.run(["approve", plan, "--yes"], { who: "sec-lead" })).document;
  const { document } = await drill.run(["audit", "key", "allowed-signers"]);
  const lines: string[] = document["text"].trimEnd().split("\n");
  for (const line of lines.slice(1)) assert.match(line, /^[a-z-]+ namespaces="[a-z0-9.,-]+" ssh-ed25519 [A-Za-z0-9+/]+=*$/);
  const [allowed, signature] = [join(drill.folder, "allowed_signers"), join(drill.folder, "approval.sig")];
  await writeFile(allowed, document["text"]);
  await writeFile(signature, approval["signature"]);
  const check = (person: string, namespace: string): number | null =>
    spawnSync("ssh-keygen", ["-Y", "verify", "-f", allowed, "-I", person, "-n", namespace, "-s", signature], {
      input: approval["text"],
    }).status;
  assert.equal(check("sec-lead", "approval.soc2-er.v1"), 0);
  assert.notEqual(check("sec-lead", "session.soc2-er.v1"), 0, "signed for another purpose");
  assert.notEqual(check("eng-lead", "approval.soc2-er.v1"), 0, "somebody else");

  const key = join(drill.home, "range/keys/sec-lead");
  const forged = spawnSync("ssh-keygen", ["-Y", "sign", "-q", "-f", key, "-n", "git"], {
    input: approval["text"],
    encoding: "utf8",
  });
  await writeFile(signature, forged.stdout);
  assert.notEqual(check("sec-lead", "git"), 0, "a namespace that the log does not know");
});

test("doctor says where the file and the log differ, with the commands that bring them together", async (t) => {
  const company = await Company.found(t);
  await generateKeyFile(join(company.folder, "new"), "new");
  const key = (await readFile(join(company.folder, "new.pub"), "utf8")).trim();
  const differing = company.text
    .replace("roles: [operator]", "roles: [operator, engineering]")
    .replace(/ {2}- \{ id: eng-lead.*\n/, "")
    .replace("responders:", `  - { id: eve, roles: [operator], keys: [${JSON.stringify(key)}] }\nresponders:`)
    .replace(/(id: sec-lead, .* keys: \[)"[^"]+"/, `$1${JSON.stringify(key.replace(/ new$/, ""))}`)
    .replace(
      /(id: eve.*keys: \[)"[^"]+"/,
      '$1"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"',
    );
  await writeFile(company.config, differing);
  const { out } = await company.run(["doctor", "--offline", "--json"]);
  const check = JSON.parse(out).checks.find(({ id }: Document) => id === "keyring");
  assert.equal(check.status, "warn");
  const commands: string[] = check.hints;
  const of = (start: string): number => commands.filter((hint) => hint.startsWith(`soc2-er audit key propose ${start}`)).length;
  assert.deepEqual(
    [
      of("add-person eve 'ssh-ed25519 "),
      of("set-roles on-call --role operator --role engineering"),
      of("remove-person eng-lead"),
      of("add-key sec-lead 'ssh-"),
      of("retire-key sec-lead SHA256:"),
    ],
    [1, 1, 1, 1, 1],
    commands.join("\n"),
  );
});
