import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { GLOBAL_OPTIONS } from "../../src/cli/options.ts";
import { parse } from "../../src/cli/program.ts";
import { ErError } from "../../src/model/index.ts";
import { laws } from "../conformance/laws.ts";
import { troubles } from "../conformance/trouble.ts";
import { anchorsOf, type Document, documents, readDocument, rowsOf, takeApart } from "./documents.ts";
import { AWS, ROOMS } from "./rooms.ts";
import { ROOT } from "./source.ts";

const all = await documents();
const names = new Set(all.map(({ file }) => file));

function* linesOf({ file, text }: Document): Generator<{ at: string; line: string }> {
  for (const [index, line] of text.split("\n").entries()) yield { at: `${file}:${index + 1}`, line };
}

function brokenLinks({ file, prose }: Document): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const there = path === "" ? file : normalize(join(dirname(file), path));
    if (there.startsWith("..") || !existsSync(join(ROOT, there))) return [`${file}: ${target} is not there`];
    if (anchor === undefined || anchorsOf(readDocument(there)).includes(anchor)) return [];
    return [`${file}: ${there} has no heading "${anchor}"`];
  });
}

test("every relative link leads somewhere", () => {
  assert.ok(names.has("README.md") && names.has("docs/architecture.md") && names.has("docs/audit-log.md"), [...names].join());
  assert.deepEqual(all.flatMap(brokenLinks), []);
  assert.ok(all.some(({ prose }) => /\]\(docs\//.test(prose)));
});

/** A whole command line, as it would be pasted: comments, pipes and redirections are the shell's. */
function wordsOf(line: string): string[] {
  const command = line.split(/\s(?:#|\||>|<\s|2>)/)[0] ?? "";
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? "");
}

type Command = { readonly at: string; readonly words: string[] };

/** Lines of code blocks that begin with the program's name, and code spans that do. */
function commandsOf({ file, prose, blocks }: Document): Command[] {
  const shown = blocks.filter(({ language }) => language === "" || language === "sh");
  const said = shown.flatMap(({ text, line }) =>
    text
      .split("\n")
      .map((text, index) => ({ at: `${file}:${line + index}`, text: text.trim() }))
      .filter(({ text }) => /^soc2-er\s/.test(text)),
  );
  const spans = [...prose.matchAll(/`(soc2-er [^`]+)`/g)].map(([, text = ""]) => ({
    at: file,
    text: text.replaceAll("\n", " "),
  }));
  return [...said, ...spans].map(({ at, text }) => ({ at, words: wordsOf(text).slice(1) }));
}

/** "soc2-er … --range" stands for every command. */
async function refusalOf({ at, words }: Command): Promise<string[]> {
  const argv = words[0] === "…" ? ["status", ...words.slice(1)] : words;
  try {
    await parse(argv, () => undefined);
    return [];
  } catch (error) {
    if (error instanceof ErError) return [`${at}: soc2-er ${words.join(" ")}: ${error.message}`];
    throw error;
  }
}

test("every command line is one that the program takes", async () => {
  const commands = all.flatMap(commandsOf);
  assert.ok(commands.length > 25, `${commands.length} command lines`);
  assert.deepEqual((await Promise.all(commands.map(refusalOf))).flat(), []);
});

const scripts: Record<string, string> = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts;

test("every npm script is there", () => {
  const named = all.flatMap(({ file, text }) =>
    [...text.matchAll(/npm run ([a-z]+)/g)].map(([, name = ""]) => ({ file, name, does: scripts[name] ?? "" })),
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter(({ does }) => !existsSync(join(ROOT, /^node (scripts\/\S+)/.exec(does)?.[1] ?? "none"))),
    [],
  );
});

const PLACES = /\.\.\/shared|(?<![\w.])\/(work|root|farm|Users|home\/[a-z]+)\b/;
const TRACKER = /(?<!\S)#\d+\b|\b[Ii]ssues? \d/;

const strayIn = (document: Document): string[] =>
  [...linesOf(document)].filter(({ line }) => PLACES.test(line) || TRACKER.test(line)).map(({ at, line }) => `${at}: ${line}`);

test("no document speaks of a machine or of a tracker", () => {
  assert.deepEqual(all.flatMap(strayIn), []);
});

test("pages of decisions are numbered without a gap and say what they decide", () => {
  const pages = all.filter(({ file }) => file.startsWith("docs/decisions/"));
  assert.deepEqual(
    pages.map(({ file }) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1])),
    pages.map((_, index) => index + 1),
  );
  for (const [index, { file, text }] of pages.entries()) {
    assert.match(text, new RegExp(`^# ${index + 1}\\. \\S`), file);
    assert.match(text, /\*\*Decision\.\*\*|^\| package \|/m, file);
  }
});

test("the table of rooms is the one that imports are held against", () => {
  const rooms = rowsOf(readDocument("docs/architecture.md"))
    .filter(([floor = ""]) => /^[\d.]+$/.test(floor))
    .map(([floor, name = "", , packages = ""]) => [name.replaceAll("`", ""), Number(floor), packages]);
  const clients = (name: string): boolean => name.startsWith("@aws-sdk/client-");
  const expected = Object.entries(ROOMS).map(([name, { floor, packages }]) => {
    const all = packages.filter(clients).length === AWS.length;
    const named = all ? ["AWS clients", ...packages.filter((one) => !clients(one))] : packages;
    return [name, floor, named.toSorted().join(", ")];
  });
  const sorted = rooms.map(([name, floor, packages]) => [name, floor, String(packages).split(", ").sort().join(", ")]);
  assert.deepEqual(sorted.sort(), expected.sort());
});

test("the page on actions names every law and every member of the contract", () => {
  const page = readDocument("docs/writing-actions.md");
  const rows = rowsOf(page);
  const said = rows.filter(([where = ""]) => /^(range|emulator)/.test(where)).map(([where, law]) => `${where}: ${law}`);
  const kit = [...laws.map(({ says }) => `range, emulator: ${says}`), ...troubles.map(({ says }) => `range: ${says}`)];
  for (const law of kit) assert.ok(said.includes(law), law);
  for (const law of said.filter((law) => !kit.includes(law))) {
    const [, says = ""] = law.split(": ");
    const file = law.startsWith("range") ? "range" : "moto";
    assert.ok(readFileSync(join(ROOT, `test/conformance/${file}.test.ts`), "utf8").includes(says), law);
  }
  const contract = readFileSync(join(ROOT, "src/actions/action.ts"), "utf8");
  const [, body = ""] = /export interface Action<[^{]*\{(.*?)^\}/ms.exec(contract) ?? [];
  const members = [...body.matchAll(/^ {2}(?:readonly )?([a-z]\w*)\??[:(]/gm)].map(([, name = ""]) => name);
  assert.ok(members.includes("residual") && members.includes("bound"), members.join());
  const named = rows.flatMap(([cell = ""]) => [...cell.matchAll(/`(\w+)/g)].map(([, name = ""]) => name));
  assert.deepEqual(named.toSorted(), members.toSorted());
});

test("these tests can fail", async () => {
  const bad = takeApart("docs/x.md", "See [it](gone.md), [that](range.md#nowhere) and `soc2-er lokdown tenant`.\n");
  assert.equal(brokenLinks(bad).length, 2);
  assert.match((await Promise.all(commandsOf(bad).map(refusalOf))).flat()[0] ?? "", /unknown command/);
  const typed = takeApart("x.md", "```\nsoc2-er status --jsn   # what is open\n$ ls\n```\n");
  assert.match((await Promise.all(commandsOf(typed).map(refusalOf))).flat()[0] ?? "", /unknown option/);
  for (const line of [`as in ../${"sha"}red/DESIGN.md`, `lies in /${"wo"}rk/main`, "see #12", "Issue 7 asks"])
    assert.equal(strayIn(takeApart("x.md", line)).length, 1, line);
  assert.deepEqual(strayIn(takeApart("x.md", "batches/000000000003#17 and https://a.example/work and $HOME")), []);
  assert.ok(GLOBAL_OPTIONS.length > 5);
});
