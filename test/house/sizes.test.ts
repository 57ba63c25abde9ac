import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect, list, readSource } from "./source.ts";

const FILE_LINES = 350;
const FUNCTION_LINES = 80;

const sources = (await list("src/**/*.ts", "scripts/*.ts")).filter((file) => !file.includes("/generated/")).map(readSource);

test(`no file is longer than ${FILE_LINES} lines`, () => {
  assert.deepEqual(
    sources.filter(({ lines }) => lines > FILE_LINES).map(({ file, lines }) => `${file}: ${lines}`),
    [],
  );
});

test(`no function is longer than ${FUNCTION_LINES} lines`, () => {
  const long = sources.flatMap(({ file, bodies }) =>
    bodies.filter(({ lines }) => lines > FUNCTION_LINES).map(({ name, line, lines }) => `${file}:${line}: ${name} has ${lines}`),
  );
  assert.deepEqual(long, []);
});

test("lengths are counted", () => {
  const source = inspect("src/x.ts", `function long() {\n${"  a();\n".repeat(90)}}\n`);
  assert.equal(source.lines, 92);
  assert.deepEqual(source.bodies, [{ name: "long", line: 1, lines: 92 }]);
});
