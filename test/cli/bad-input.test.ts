import assert from "node:assert/strict";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { soc2er } from "./binary.ts";
import { Company, fingerprint, refused } from "./company.ts";
import { Drill } from "./drill.ts";
import { some } from "./every-command.ts";

/** A command on the range, as a person sees it. */
function onRange(drill: Drill, args: readonly string[]) {
  return soc2er([...args, "--range", "--home", drill.home]);
}

/** What somebody asked for wrongly: the error, its exit code, and a part of its hints. */
type Wrong = readonly [args: readonly string[], code: string, exit: number, says: string, hint: RegExp];

const NETWORKS: readonly Wrong[] = [
  [["block", "ip", "203.0.113.5/24"], "cidr-invalid", 2, '"203.0.113.5/24"', /203\.0\.113\.0\/24/],
  [["block", "ip", "203.0.113.0/24", "300.1.2.3"], "cidr-invalid", 2, '"300.1.2.3"', /write 203/],
  [["block", "ip", "203.0.113.0/33"], "cidr-invalid", 2, '"203.0.113.0/33"', /write 203/],
  [["block", "ip", "2001:db8::/129"], "cidr-invalid", 2, '"2001:db8::/129"', /write 203/],
  [["block", "ip", "2001:db8::1/48"], "cidr-invalid", 2, '"2001:db8::1/48"', /2001:db8::\/48/],
  [["block", "ip", "010.0.0.1"], "cidr-invalid", 2, '"010.0.0.1"', /write 203/],
  [["block", "ip", "1.2.3.4; rm -rf /"], "cidr-invalid", 2, '"1.2.3.4; rm -rf /"', /write 203/],
  [["block", "ip", "::ffff:203.0.113.7"], "cidr-invalid", 2, '"::ffff:203.0.113.7"', /203\.0\.113\.7\/32/],
  [["block", "ip", ""], "cidr-invalid", 2, '""', /write 203/],
  [["block", "ip"], "usage", 2, "no ip", /soc2-er /],
  [["run", "block-edge-traffic", "--param", "cidr=203.0.113.0/99"], "cidr-invalid", 2, '"203.0.113.0/99"', /write 203/],
  [["block", "ip", "0.0.0.0/0"], "block-too-wide", 10, '"0.0.0.0/0"', /widest-block/],
  [["block", "ip", "0.0.0.0/1", "128.0.0.0/1"], "block-too-wide", 10, '"0.0.0.0/1"', /widest-block/],
  [["block", "ip", "::/0"], "block-too-wide", 10, '"::/0"', /widest-block/],
  [["block", "ip", "203.0.113.0/24", "10.0.0.0/8"], "block-too-wide", 10, '"10.0.0.0/8"', /widest-block/],
  [["run", "block-edge-traffic", "--param", "cidr=0.0.0.0/0"], "block-too-wide", 10, '"0.0.0.0/0"', /widest-block/],
  [["lockdown", "tenant", "acme", "--param", "cidr=::/0"], "block-too-wide", 10, '"::/0"', /widest-block/],
];

const NAMES: readonly Wrong[] = [
  [["isolate", "tenant", "acmee"], "unknown-tenant", 2, '"acmee"', /did you mean "acme"\?/],
  [["lockdown", "tenant", "nobody-like-it"], "unknown-tenant", 2, '"nobody-like-it"', /soc2-er tenant list/],
  [["run", "isolate-tenant", "--param", "tenant=acmee"], "unknown-tenant", 2, '"acmee"', /did you mean "acme"\?/],
  [["run", "lockdown-entrance", "--param", "entrance=shp"], "unknown-entrance", 2, '"shp"', /did you mean "shop"\?/],
  [["tenant", "show", "globexx"], "unknown-tenant", 2, '"globexx"', /did you mean "globex"\?/],
  [["isolate", "tenant", "../acme"], "usage", 2, '"../acme"', /soc2-er tenant list/],
  [["isolate", "tenant", ""], "usage", 2, '""', /soc2-er tenant list/],
  [["isolate", "tenant", "*"], "usage", 2, '"*"', /soc2-er tenant list/],
  [["revoke", "intruder"], "unknown-principal", 2, '"intruder"', /aws:user\/NAME/],
  [["revoke", "aws:user/intrudr"], "unknown-principal", 2, '"aws:user/intrudr"', /"aws:user\/intruder"/],
  [["run", "isolate-tennant"], "runbook-unknown", 2, '"isolate-tennant"', /did you mean "isolate-tenant"\?/],
  [["isolate", "tenant", "acme", "--incident", "inc-0000-nobody"], "unknown-incident", 2, '"inc-0000-nobody"', /./],
  [["isolate", "tenant", "acme", "--account", "prd"], "usage", 2, '"prd"', /prod/],
  [["isolate", "tenant", "acme", "--param", "tenant"], "parameter-invalid", 2, '"tenant"', /--param /],
  [["isolate", "tenant", "acme", "--param", "tenent=x"], "parameter-invalid", 2, '"tenent"', /tenant/],
  [["isolate", "tenant", "acme", "--max-changes", "0"], "usage", 2, '"0"', /--max-changes 100/],
  [["isolate", "tenant", "acme", "--expires", "soon"], "usage", 2, '"soon"', /--expires 20m/],
  [["isolate", "tenant", "acme", "--max-changes", "1"], "too-many-changes", 10, "more than the 1", /--max-changes \d+/],
  [["isolate", "tenant", "initech"], "empty-target", 10, '"initech"', /soc2-er tenant show initech/],
  [["isolate", "tenant"], "usage", 2, '"tenant"', /soc2-er isolate tenant --help/],
  [["isolat", "tenant", "acme"], "unknown-command", 2, '"isolat"', /isolate/],
];

for (const [what, table] of [
  ["networks", NETWORKS],
  ["names and numbers", NAMES],
] as const) {
  test(`${what} that are wrong are refused by name, and nothing is done`, async (t) => {
    const drill = await Drill.begin(t);
    const [world, entries] = [await drill.everything(), await drill.entries()];
    for (const [args, code, exit, says, hint] of table) {
      const hints = refused(await onRange(drill, args), { code, exit, says });
      assert.match(hints.join("\n"), hint, args.join(" "));
    }
    assert.deepEqual(await drill.everything(), world);
    const gained = (await drill.entries()).slice(entries.length).map(({ type }) => type);
    assert.deepEqual(
      gained.filter((type) => !type.startsWith("session.")),
      [],
    );
    // A dry run leaves no trace whatever.
    const home = fingerprint(drill.home);
    for (const [args, code, exit, says] of some(table.filter(([[verb]]) => verb !== "tenant" && verb !== "isolat")))
      refused(await onRange(drill, [...args, "--dry-run"]), { code, exit, says });
    assert.deepEqual(fingerprint(drill.home), home);
    await drill.verify();
  });
}

test("an organization's file that is wrong is refused with its place and the nearest key, and nothing is touched", async (t) => {
  const company = await Company.found(t);
  const home = fingerprint(company.home);
  const bomb = ["a: &a [x, x, x, x]", ...Array.from({ length: 40 }, (_, n) => `k${n}: &k${n} [*a, *a, *a]`)].join("\n");
  const files: readonly (readonly [content: string | Uint8Array, says: RegExp])[] = [
    [company.text.replace("organization:", "organisation:"), /:1:1: unknown key "organisation": .*"organization"/],
    [`${company.text}polcy: {}\n`, /:\d+:1: unknown key "polcy": the nearest known key is "policy"/],
    [`${company.text}policy: { max-change: 5 }\n`, /:\d+:11: unknown key "max-change": .*"max-changes"/],
    [company.text.replace("roles: [security]", "role: [security]"), /:\d+:\d+: unknown key "role": .*"roles"/],
    [`${company.text}policy: { max-changes: many }\n`, /"many" is not a whole number/],
    [`${company.text}policy: { widest-block: { ipv4: 33 } }\n`, /33 is not between 1 and 32/],
    [`${company.text}responder-networks: [10.0.0.1/8]\n`, /"10\.0\.0\.1\/8" is not a network/],
    [`${company.text}origin: other/log\n`, /:\d+:1: the key stands here a second time/],
    [company.text.replace("tenants/{tenant}/", "tenants/"), /"tenants\/" must contain \{tenant\}/],
    [company.text.replace("us-east-1", "us_east_1"), /"us_east_1" is not an AWS Region/],
    [`${company.text}sla: { revocation: fast }\n`, /"fast" is not a duration/],
    [bomb, /:1:4: anchors are not allowed/],
    [`${company.text}sla: *x\n`, /aliases are not allowed/],
    [`${company.text}sla: !!js/function x\n`, /tags are not allowed/],
    ["x: ".concat("[".repeat(100_000)), /nested deeper than 16 levels/],
    ["", /the file is empty/],
    ["just a text", /must be a mapping/],
    [`${company.text}---\n${company.text}`, /a second document is not allowed/],
    [new Uint8Array([0xff, 0xfe, 0x6f, 0x00]), /the file is not UTF-8 text/],
  ];
  for (const [content, says] of files) {
    await writeFile(company.config, content);
    for (const args of [["status"], ["incident", "declare", "--title", "x", "--severity", "1"]]) {
      const hints = refused(await company.run(args), { code: "config-invalid", exit: 2, says });
      assert.ok(
        hints.some((hint) => hint.includes(company.config)),
        hints.join("\n"),
      );
    }
  }
  await truncate(company.config, 50 * 1024 * 1024);
  refused(await company.run(["status"]), { code: "config-invalid", exit: 2, says: "has more than 1024 KiB" });
  assert.deepEqual(fingerprint(company.home), home);
  await writeFile(company.config, company.text);
  assert.equal((await company.run(["status"])).code, 0);
});

test("one id in two runbooks stops everything that would pick one of them, and names both files", async (t) => {
  const company = await Company.found(t);
  const [here, home] = [join(company.runbooks, "mine.yaml"), fingerprint(company.home)];
  const steps = "steps:\n  - { id: a, action: aws.s3.deny-tenant-prefix }\n";
  await writeFile(here, `runbook: isolate-tenant\ntitle: Not the shipped one\n${steps}`);
  for (const args of [
    ["runbook", "list"],
    ["runbook", "check"],
    ["runbook", "show", "isolate-tenant"],
    ["isolate", "tenant", "acme", "--dry-run"],
    ["isolate", "tenant", "acme", "--declare", "x"],
    ["run", "isolate-tenant", "--param", "tenant=acme"],
  ]) {
    const error = { code: "runbook-duplicate", exit: 2, says: /"isolate-tenant" .*isolate-tenant\.yaml and .*mine\.yaml/ };
    refused(await company.run(args), error);
  }
  const [one, two] = [join(company.folder, "one.yaml"), join(company.folder, "two.yaml")];
  for (const file of [one, two]) await writeFile(file, `runbook: twin\ntitle: Twin\n${steps}`);
  const checked = await company.run(["runbook", "check", one, two]);
  assert.equal(checked.code, 2);
  assert.match(checked.out, /two\.yaml:1:1: "twin" stands in .*one\.yaml already \[runbook-duplicate\]/);
  assert.deepEqual(fingerprint(company.home), home);
});

test("a runbook that is a bomb, of 50 MB, or no text is named and left out; the others can be run", async (t) => {
  const company = await Company.found(t);
  const home = fingerprint(company.home);
  const bomb = `runbook: bomb\ntitle: &a x\nsteps: [${"*a, ".repeat(1000)}]\n`;
  await writeFile(join(company.runbooks, "bomb.yaml"), bomb);
  await writeFile(join(company.runbooks, "deep.yaml"), `runbook: deep\nsteps: ${"[".repeat(50_000)}`);
  await writeFile(join(company.runbooks, "binary.yaml"), new Uint8Array([0, 159, 146, 150]));
  const huge = join(company.runbooks, "huge.yaml");
  await writeFile(huge, `runbook: huge\ntitle: Huge\n${"# more of it\n".repeat(4_000_000)}`);
  // 50 MB of text would not fit with its tokens: it is refused before it is read.
  const node = ["--max-old-space-size=64"];
  const listed = await company.run(["runbook", "list"], { node, timeoutMs: 10_000 });
  assert.equal(listed.code, 0, listed.err);
  assert.match(listed.out, /isolate-tenant/);
  assert.doesNotMatch(listed.out, /bomb|deep|binary|huge/);
  const faults = [
    /bomb\.yaml:2:8: anchors are not allowed/,
    /deep\.yaml:2:\d+: nested deeper than 16 levels/,
    /binary\.yaml:1:1: the file is not UTF-8 text/,
    /huge\.yaml:1:1: the file has more than 256 KiB/,
  ];
  for (const fault of faults) assert.match(listed.err, new RegExp(`^warning: .*${fault.source}$`, "m"));
  const all = await company.run(["runbook", "check"], { node, timeoutMs: 10_000 });
  assert.equal(all.code, 2, all.err);
  for (const fault of faults) assert.match(all.out, new RegExp(`^error .*${fault.source} \\[runbook-invalid\\]$`, "m"));
  const one = await company.run(["runbook", "check", huge], { node, timeoutMs: 10_000 });
  assert.equal(one.code, 2, one.err);
  assert.match(one.out, /huge\.yaml:1:1: the file has more than 256 KiB/);
  refused(await company.run(["run", "huge"]), { code: "runbook-unknown", exit: 2, says: '"huge"' });
  assert.equal((await company.run(["runbook", "check", "/dev/zero"], { node, timeoutMs: 10_000 })).code, 2);
  assert.deepEqual(fingerprint(company.home), home);
});

test("a key that is none is refused, and no hint would write over the file", async (t) => {
  const company = await Company.found(t);
  const home = fingerprint(company.home);
  const declare = ["incident", "declare", "--title", "x", "--severity", "1", "--config", company.config, "--home", company.home];
  const with_ = (key: string) => soc2er([...declare, "--key", key]);
  const missing = join(company.folder, "missing");
  refused(await with_(missing), { code: "key-unknown", exit: 2, says: `"${missing}": file not found` });
  for (const there of [company.config, company.folder]) {
    const hints = refused(await with_(there), { code: "key-unknown", exit: 2, says: `"${there}"` });
    assert.doesNotMatch(hints.join("\n"), /ssh-keygen -t/);
  }
  const stranger = await Company.found(t);
  refused(await with_(join(stranger.folder, "on-call")), { code: "key-unknown", exit: 2, says: "belongs to nobody" });
  assert.deepEqual(fingerprint(company.home), home);
});
