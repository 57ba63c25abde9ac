import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as z from "zod";
import { documentSchemas } from "../../src/cli/schemas/index.ts";
import { freshFolder, soc2er } from "./binary.ts";

/** Holds a document against the published schema that it names. */
function conforms(document: { schema: string }): void {
  const schema = documentSchemas().get(document.schema.replace("soc2-er/", ""));
  if (schema) z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(document);
}

const home = join(freshFolder(), "home");
let incident = "";

async function json(...args: string[]): Promise<{ code: number | null; document: Record<string, unknown> & { schema: string } }> {
  const { code, out, err } = await soc2er([...args, "--range", "--home", home, "--json"]);
  assert.doesNotMatch(err, /\bat .*\.(cjs|ts):\d+/, "a stack trace without --debug");
  const document = JSON.parse(out);
  conforms(document);
  return { code, document };
}

before(async () => {
  const declared = await json("incident", "declare", "--title", "leak", "--severity", "2", "--tenant", "acme");
  assert.equal(declared.code, 0, JSON.stringify(declared.document));
  incident = String(declared.document["id"]);
  assert.match(incident, /^inc-\d{4}-[a-z]{6}$/);
});

test("every command that only looks answers with one document that fits its schema", async () => {
  const commands: [string[], string][] = [
    [["status"], "status@1"],
    [["status", "--verify"], "status@1"],
    [["incident", "list"], "incident-list@1"],
    [["incident", "show"], "incident@1"],
    [["incident", "timeline"], "timeline@1"],
    [["plan", "list"], "plan-list@1"],
    [["audit", "log"], "entry-list@1"],
    [["audit", "show", "0"], "entry@1"],
    [["audit", "verify"], "verification@1"],
    [["audit", "sync"], "sync@1"],
    [["runbook", "list"], "runbook-list@1"],
    [["runbook", "check"], "runbook-check@1"],
    [["action", "list"], "action-list@1"],
    [["tenant", "list"], "tenant-list@1"],
    [["range", "show"], "range@1"],
  ];
  for (const [args, schema] of commands) {
    const { code, document } = await json(...args);
    assert.equal(code, 0, `${args.join(" ")}: ${JSON.stringify(document)}`);
    assert.equal(document.schema, `soc2-er/${schema}`);
  }
});

test("doctor on the range is content", async () => {
  const { code, document } = await json("doctor");
  assert.equal(code, 0, JSON.stringify(document, null, 2));
});

test("failures are documents too, with the published exit code", async () => {
  const commands: [string[], string, number][] = [
    [["incident", "show", "inc-0000-nobody"], "unknown-incident", 2],
    [["plan", "show", `sha256:${"0".repeat(64)}`], "unknown-plan", 2],
    [["audit", "show", "99999"], "usage", 2],
    [["runbook", "show", "isolate-tenent"], "runbook-unknown", 2],
    [["action", "show", "aws.nothing"], "action-unknown", 2],
    [["init", "--yes"], "already-initialized", 10],
    [["incident", "declare", "--title", "x", "--severity", "2", "--key", "nobody"], "key-unknown", 2],
    [["incident", "declare", "--title", "", "--severity", "2"], "usage", 2],
    [["range", "reset"], "no-terminal", 3],
  ];
  for (const [args, code, exit] of commands) {
    const { code: ended, document } = await json(...args);
    const error = document["error"] as { code: string; exit: number; hints: string[] };
    assert.equal(error?.code, code, `${args.join(" ")}: ${JSON.stringify(document)}`);
    assert.equal(error.exit, exit);
    assert.equal(ended, exit);
    assert.ok(error.hints.length > 0, `${args.join(" ")} says nothing to do`);
  }
});

test("with --ndjson the entries come a line each, and the last line is the result", async () => {
  const { out } = await soc2er(["audit", "log", "--range", "--home", home, "--ndjson"]);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.ok(lines.length >= 3);
  for (const line of lines) conforms(line);
  assert.equal(lines.at(-1).schema, "soc2-er/entry-list@1");
  assert.equal(lines.at(-1).count, lines.length - 1);
});

test("without any setup a command that needs the organization's file says how to go on, and makes nothing", async () => {
  const folder = freshFolder();
  const { code, out, err } = await soc2er(["status"], { cwd: folder });
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /^soc2-er: no soc2-er\.yaml here .*\[config-missing\]\nhint: /);
  assert.equal(existsSync(join(folder, ".local")), false);
});

test("incidents: an open one is chosen without being named, several are listed, a closed one can be shown", async () => {
  const second = await json("incident", "declare", "--title", "another", "--severity", "3");
  const { code, document } = await json("incident", "show");
  assert.equal(code, 2);
  const error = document["error"] as { code: string; hints: string[] };
  assert.equal(error.code, "ambiguous");
  assert.equal(error.hints.length, 2);
  const closed = await json("incident", "close", String(second.document["id"]), "--reason", "false alarm");
  assert.equal(closed.document["status"], "closed");
  const again = await json("incident", "close", String(second.document["id"]), "--reason", "again");
  assert.equal((again.document["error"] as { code: string }).code, "incident-closed");
  const shown = await json("incident", "show");
  assert.equal(shown.document["id"], incident);
});
