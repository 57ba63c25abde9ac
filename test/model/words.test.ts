import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_APPLY, materialize, newId, parseDuration, parsePrincipal, sayDuration, sayPrincipal } from "../../src/model/index.ts";

test("durations", () => {
  assert.equal(parseDuration("90s"), 90_000);
  assert.equal(parseDuration("1h30m"), 5_400_000);
  assert.equal(parseDuration("72h"), 259_200_000);
  for (const wrong of ["", "5", "m", "1.5h", "-1s", "5 m"]) assert.equal(parseDuration(wrong), null, wrong);
  assert.equal(sayDuration(850), "850ms");
  assert.equal(sayDuration(4_200), "4.2s");
  assert.equal(sayDuration(200_000), "3m 20s");
  assert.equal(sayDuration(93_900_000), "26h 5m");
});

test("principals", () => {
  for (const text of [
    "aws:user/intruder",
    "aws:role/app-data",
    "aws:key/AKIAIOSFODNN7EXAMPLE",
    "aws:session/app-data/i-0acme01",
    "aws:source-identity/app-data/ada@acme.example",
    "okta:user/a@b.example",
    "sec@acme.example",
  ]) {
    const principal = parsePrincipal(text);
    assert.equal(principal && sayPrincipal(principal), text);
  }
  for (const wrong of ["", "intruder", "aws:group/x", "aws:user/", "aws:user/a b", "a@b", "http://x@y.z"])
    assert.equal(parsePrincipal(wrong), null, wrong);
});

test("the moment of application is filled in as a whole value only, everywhere", () => {
  const state = { cutOff: AT_APPLY, list: [AT_APPLY, `x ${AT_APPLY}`], kept: 1 };
  assert.deepEqual(materialize(state, "2026-01-01T00:00:00.000Z"), {
    cutOff: "2026-01-01T00:00:00.000Z",
    list: ["2026-01-01T00:00:00.000Z", `x ${AT_APPLY}`],
    kept: 1,
  });
  assert.equal(materialize(null, "x"), null);
});

test("ids are sayable and dated", () => {
  assert.match(newId("inc", Date.UTC(2026, 10, 26)), /^inc-1126-([bdfgkmnprstvz][aeiou]){3}$/);
});
