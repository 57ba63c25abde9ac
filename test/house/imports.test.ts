import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { ALONE, ROOMS, roomOf, TALKING } from "./rooms.ts";
import { inspect, list, readSource, type Source } from "./source.ts";

const sources = (await list("src/**/*.ts")).map(readSource);

/** The package of an import: `@aws-sdk/client-s3`, `zod`. */
function packageOf(from: string): string {
  return from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
}

function faultsOf(source: Source): string[] {
  const room = roomOf(source.file);
  const rules = ROOMS[room] ?? (ALONE[room] && { floor: Number.NaN, packages: [], builtins: ALONE[room].builtins });
  if (!rules) return [`${source.file}: the folder "${room}" is not a room: give it a place in test/house/rooms.ts`];
  return source.imports.flatMap(({ from, line }) => {
    const at = `${source.file}:${line}`;
    if (from.startsWith("node:")) return rules.builtins.includes(from) ? [] : [`${at}: ${room} may not import ${from}`];
    if (!from.startsWith(".")) return rules.packages.includes(packageOf(from)) ? [] : [`${at}: ${room} may not import ${from}`];
    return crossing(at, room, normalize(join(dirname(source.file), from)));
  });
}

function crossing(at: string, room: string, target: string): string[] {
  if (!target.startsWith("src/")) return [`${at}: imports ${target} outside src`];
  const other = roomOf(target);
  if (other === room) return [];
  if (ALONE[room]) return [`${at}: ${room} stands alone and may not import ${other}`];
  if (target !== `src/${other}/index.ts` && !(ALONE[other] && target === `src/${other}/main.ts`))
    return [`${at}: ${target} is behind the door of ${other}; import its index.ts`];
  if (ALONE[other]) return ALONE[other].usedBy.includes(room) ? [] : [`${at}: ${room} may not import ${other}`];
  const above = ROOMS[room]?.floor ?? Number.NaN;
  const below = ROOMS[other]?.floor ?? Number.NaN;
  return below < above || other === "model" ? [] : [`${at}: ${room} (floor ${above}) may not import ${other} (floor ${below})`];
}

test("imports follow the table of rooms", () => {
  assert.ok(sources.length > 30, "the sources were not found");
  assert.deepEqual(sources.flatMap(faultsOf), []);
});

test("process and console stay in the rooms that talk", () => {
  const faults = sources
    .filter(({ file }) => !TALKING.includes(roomOf(file)) && !/^src\/verifier\/main\.ts$/.test(file))
    .flatMap(({ file, globals }) =>
      globals.filter(({ name }) => /^(process|console)\./.test(name)).map(({ name, line }) => `${file}:${line}: ${name}`),
    );
  assert.deepEqual(faults, []);
});

test("time and chance come from model only", () => {
  const reserved =
    /^(Date\.now|performance\.now|Math\.random|AbortSignal\.timeout|setTimeout|setInterval|setImmediate|new Date\(\))$/;
  const faults = sources
    .filter(({ file }) => file !== "src/model/clock.ts")
    .flatMap(({ file, globals }) =>
      globals.filter(({ name }) => reserved.test(name)).map(({ name, line }) => `${file}:${line}: ${name}`),
    );
  assert.deepEqual(faults, []);
});

test("the table itself can fail", () => {
  const from = (file: string, text: string): string[] => faultsOf(inspect(file, text));
  assert.match(from("src/config/x.ts", 'import { a } from "../engine/index.ts";')[0] ?? "", /may not import engine/);
  assert.match(from("src/engine/x.ts", 'import type { A } from "../audit/types.ts";')[0] ?? "", /behind the door/);
  assert.match(from("src/engine/x.ts", 'export { a } from "node:fs";')[0] ?? "", /may not import node:fs/);
  assert.match(from("src/engine/x.ts", 'const a = () => import("yaml");')[0] ?? "", /may not import yaml/);
  assert.match(from("src/cellar/x.ts", "")[0] ?? "", /is not a room/);
  assert.match(from("src/verifier/x.ts", 'import { a } from "../model/index.ts";')[0] ?? "", /stands alone/);
  assert.deepEqual(from("src/engine/x.ts", 'import { a } from "../model/index.ts";'), []);
  const uses = inspect("src/engine/x.ts", "const now = Date.now(); process.exit(1); new Date();").globals.map(({ name }) => name);
  assert.deepEqual(uses.sort(), ["Date.now", "new Date()", "process.exit"]);
});
