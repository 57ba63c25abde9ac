import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change } from "../../src/model/index.ts";
import { contain, drive, plan } from "../conformance/driver.ts";
import { ACCOUNT, openBench, planFor } from "./iam.ts";

const password = await loadAction("aws.iam.delete-login-profile");
const mfa = await loadAction("aws.iam.deactivate-mfa");
const user = (name: string) => ({ kind: "aws.user", account: ACCOUNT, name });
const INTRUDER = { UserName: "intruder" };
const CODES = { AuthenticationCode1: "123456", AuthenticationCode2: "654321" };

test("both say that they cannot be undone, wherever somebody decides about them", async (t) => {
  const bench = await openBench(t);
  for (const action of [password, mfa]) {
    assert.match(action.title, /cannot be undone/);
    assert.match(action.description, /^Irreversible\./);
    const [change] = await planFor(bench, action, user("intruder"));
    assert.equal(change?.reversal.kind, "none");
    assert.match(change?.summary ?? "", /for good$/);
  }
  assert.match(mfa.blastRadius, /whoever has the password alone gets in, so the user has to be denied everything/);
});

test("a user without a password, and one that is not there, give nothing to delete", async (t) => {
  const bench = await openBench(t);
  for (const name of ["deploy-bot", "nobody"]) {
    assert.deepEqual(await planFor(bench, password, user(name)), []);
    assert.deepEqual(await planFor(bench, mfa, user(name)), []);
  }
});

test("a password that was set since is another one: it is not deleted in the old one's place", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, password, user("intruder"));
  assert.ok(change);
  await bench.iam("DeleteLoginProfile", INTRUDER);
  await bench.iam("CreateLoginProfile", { ...INTRUDER, Password: "x" });
  const { outcome } = await drive(bench, password, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, outcome.why], ["refused", "stale: it changed since"]);
  await assert.rejects(bench.iam("CreateLoginProfile", { ...INTRUDER, Password: "x" }), { name: "EntityAlreadyExistsException" });
});

test("what is set or enrolled after it was taken away is told, and is no failure of the way back", async (t) => {
  const bench = await openBench(t);
  for (const [action, again] of [
    [password, () => bench.iam("CreateLoginProfile", { ...INTRUDER, Password: "x" })],
    [
      mfa,
      () => bench.iam("EnableMFADevice", { ...INTRUDER, SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/pixel-of-mine`, ...CODES }),
    ],
  ] as const) {
    const [example] = action.examples;
    const [{ change } = assert.fail()] = await contain(bench, action, example);
    await again();
    const scope = bench.scopes().read(action.permissions.read);
    const seen = await action.verify(scope, change, "contain");
    assert.equal(seen.verdict, "contradicted");
    assert.match(seen.detail ?? "", /it has a password of 2026-|it was enrolled again at 2026-/);
    const now = await action.read(scope, change.resource);
    const left: Change = { ...change, before: now, after: now };
    assert.equal((await drive(bench, action, left, "restore", { patienceMs: 0 })).verification.verdict, "confirmed");
  }
});

test("nothing can be given back by these actions", async (t) => {
  const bench = await openBench(t);
  for (const action of [password, mfa]) {
    const [change] = await planFor(bench, action, user("intruder"));
    assert.ok(change);
    const back = { ...change, before: change.after, after: change.before };
    const scope = bench.scopes().write(action.permissions, async () => undefined);
    await assert.rejects(action.apply(scope, back), /can be given back/);
  }
});

test("each device is a change of its own, and is told by its sort", async (t) => {
  const bench = await openBench(t);
  const serials = ["GAHT12345678", `arn:aws:iam::${ACCOUNT}:u2f/user/intruder/key-of-mine-ABCDEFGHIJ`];
  // The range knows tokens and keys as soon as they are somebody's.
  await bench.iam("EnableMFADevice", { ...INTRUDER, SerialNumber: serials[0], ...CODES });
  await assert.rejects(bench.iam("EnableMFADevice", { ...INTRUDER, SerialNumber: serials[1], ...CODES }), {
    name: "NoSuchEntityException",
  });
  const planned = await planFor(bench, mfa, user("intruder"));
  assert.deepEqual(
    planned.map(({ summary }) => summary),
    [
      'take MFA token "GAHT12345678" from user "intruder" for good',
      'take virtual MFA device "pixel-of-mine" from user "intruder" for good',
    ],
  );
  const [token, app] = planned;
  assert.ok(token && app);
  assert.match(token.reversal.kind === "none" ? token.reversal.because : "", /on the token/);
  assert.match(app.reversal.kind === "none" ? app.reversal.because : "", /seed cannot be read back/);
  for (const change of planned) assert.equal((await drive(bench, mfa, change, "contain")).outcome.status, "applied");
  assert.deepEqual((await bench.iam("ListMFADevices", INTRUDER))["MFADevices"], []);
});

test("a security key's serial number has slashes, and pages are followed", async () => {
  const serial = `arn:aws:iam::${ACCOUNT}:u2f/user/intruder/key-of-mine-ABCDEFGHIJ`;
  const sent: object[] = [];
  const EnableDate = new Date("2026-11-25T21:58:31Z");
  const pages = [
    { MFADevices: [{ SerialNumber: "GAHT12345678", EnableDate }], IsTruncated: true, Marker: "more" },
    { MFADevices: [{ SerialNumber: serial, EnableDate }], IsTruncated: false },
  ];
  const send = async ({ input }: { input: { Marker?: string } }) => {
    sent.push(input);
    return pages[input.Marker === undefined ? 0 : 1];
  };
  const scope = { aws: async () => ({ send }) };
  const planned = await plan(mfa, { ...mfa.examples[0] } as never, { read: () => scope } as never);
  const key = planned.find(({ resource }) => resource.id.includes("u2f"));
  assert.ok(key);
  assert.equal(key.summary, 'take passkey or security key "user/intruder/key-of-mine-ABCDEFGHIJ" from user "intruder" for good');
  assert.deepEqual(await mfa.read(scope as never, key.resource), { enabled: "2026-11-25T21:58:31.000Z" });
  await mfa.apply(scope as never, key);
  assert.deepEqual(sent.at(-1), { UserName: "intruder", SerialNumber: serial });
});
