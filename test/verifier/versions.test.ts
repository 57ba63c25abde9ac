import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Verification, verifyHome } from "../../src/verifier/index.ts";
import { codes, folderOf, type Story, tell } from "./story.ts";

type Line = Record<string, unknown>;

const AT = "2026-03-01T08:00:00.000Z";
const UNTIL = "2033-02-28T08:00:00.000Z";

/** What a store that does as it should lists of the story's objects. */
function listed({ log }: Story): Line[] {
  const objects = [
    ...log.batches.map((bytes, n) => [`batch/${String(n).padStart(12, "0")}`, bytes] as const),
    ...[...log.files].flatMap(([name, bytes]) =>
      name.startsWith("blobs/") ? [[name.replace("blobs", "blob"), bytes] as const] : [],
    ),
  ];
  return objects.map(([key, bytes]) => ({
    ...{ key, version: `v1-${key}`, latest: true, at: AT, bytes: bytes.length },
    ...{ etag: createHash("md5").update(bytes).digest("hex"), sha256: createHash("sha256").update(bytes).digest("hex") },
    lock: { mode: "COMPLIANCE", until: UNTIL },
  }));
}

const HEAD = { schema: "soc2-er/store-versions@1", bucket: "acme-audit", prefix: "log/", takenAt: AT };
const RULE = { rule: { mode: "COMPLIANCE", days: 2555 } };

type Told = {
  readonly lines?: (lines: Line[]) => Line[];
  readonly head?: object;
  readonly retention?: number;
  readonly raw?: string;
};

async function told(t: TestContext, { lines = (all) => all, head = RULE, retention, raw }: Told): Promise<Verification> {
  const story = tell();
  const folder = folderOf(t);
  const file = join(folder, "versions.ndjson");
  const text = [{ ...HEAD, ...head }, ...lines(listed(story))].map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(file, raw ?? text);
  const more = retention === undefined ? {} : { retention };
  return verifyHome({ folder: story.log.write(join(folder, "log")), versions: file, ...more });
}

function is(verification: Verification, verdict: string, ...found: readonly string[]): Verification {
  assert.deepEqual(
    [verification.verdict, codes(verification)],
    [verdict, [...found].sort()],
    JSON.stringify(verification.findings, null, 1),
  );
  return verification;
}

const of =
  (key: string, change: Line) =>
  (all: Line[]): Line[] =>
    all.map((line) => (line["key"] === key ? { ...line, ...change } : line));
const BATCH = "batch/000000000001";
const BLOB = (all: Line[]): Line => all.find(({ key }) => String(key).startsWith("blob/")) ?? assert.fail();

test("a store that keeps what it was given is content, and says what the list cannot show", async (t) => {
  const { checked, notChecked } = is(await told(t, {}), "verified");
  assert.match(checked.join("\n"), /4 versions of 4 objects in "acme-audit\/log\/" against overwriting, deleting and locks/);
  assert.match(notChecked.join("\n"), /whether the list of versions is whole and right/);
  assert.doesNotMatch(notChecked.join("\n"), /none was given|SHA-256|locked/);
});

test("what was put over a batch stays to be seen, with both versions", async (t) => {
  const over = { version: "evil", at: "2026-04-01T00:00:00.000Z", sha256: "0".repeat(64), etag: "0" };
  for (const sum of [over, { ...over, sha256: undefined }]) {
    const { findings } = is(
      await told(t, { lines: (all) => all.flatMap((line) => (line["key"] === BATCH ? [{ ...line, ...sum }, line] : [line])) }),
      "tampered",
      "slot-overwritten",
    );
    assert.equal(findings[0]?.at, `versions: ${BATCH}`);
    assert.match(
      findings[0]?.detail ?? "",
      /version "v1-batch\/000000000001" of 2026-03-01.*, then version "evil" of 2026-04-01/,
    );
  }
});

test("a blob with another content over it is found, the same blob again is no alarm", async (t) => {
  const twice = (change: Line) => (all: Line[]) =>
    all.flatMap((line) => (line === BLOB(all) ? [{ ...line, version: "v2", ...change }, line] : [line]));
  is(await told(t, { lines: twice({}) }), "verified");
  is(await told(t, { lines: twice({ sha256: undefined }) }), "verified");
  is(await told(t, { lines: twice({ sha256: "1".repeat(64), etag: "1" }) }), "tampered", "slot-overwritten");
  is(await told(t, { lines: twice({ sha256: undefined, bytes: 7 }) }), "tampered", "slot-overwritten");
});

test("a delete marker is found, whether or not its slot was filled again", async (t) => {
  const marker = { key: BATCH, version: "gone", latest: true, at: AT, marker: true };
  const { findings } = is(await told(t, { lines: (all) => [marker, ...all] }), "tampered", "delete-marker");
  assert.match(findings[0]?.detail ?? "", /version "gone"/);
  is(
    await told(t, {
      lines: (all) => [marker, ...of(BATCH, { version: "again" })(all).filter(({ key }) => key === BATCH), ...all],
    }),
    "tampered",
    "delete-marker",
    "slot-overwritten",
  );
  const purged = await told(t, { lines: (all) => [marker, ...all.filter(({ key }) => key !== BATCH)] });
  is(purged, "tampered", "delete-marker", "store-short");
});

test("what is not locked, not for good, or not for long enough is a gap", async (t) => {
  for (const [lock, why] of [
    [null, /not locked/],
    [{ mode: "GOVERNANCE", until: UNTIL }, /mode "GOVERNANCE"/],
    [{ mode: "COMPLIANCE", until: "2027-03-01T08:00:00.000Z" }, /locked until 2027-03-01T08:00:00.000Z, not for 2555 days/],
    [{ mode: "COMPLIANCE", until: "never" }, /until an unknown time/],
  ] as const) {
    const { findings } = is(await told(t, { lines: of(BATCH, { lock }) }), "verified-with-gaps", "retention");
    assert.match(findings[0]?.detail ?? "", why);
  }
  is(await told(t, { head: {}, retention: 2555 }), "verified");
  is(await told(t, { head: {}, retention: 2600 }), "verified-with-gaps", "retention");
  const { notChecked } = is(await told(t, { head: {} }), "verified");
  assert.match(notChecked.join("\n"), /locked for long enough: nobody said/);
  const unknown = is(await told(t, { lines: of(BATCH, { lock: undefined }) }), "verified");
  assert.match(unknown.notChecked.join("\n"), /whether 1 objects in the store are locked: the list does not say/);
});

test("other bytes, more and less than the log are told apart", async (t) => {
  is(await told(t, { lines: of(BATCH, { sha256: "2".repeat(64) }) }), "tampered", "store-differs");
  is(await told(t, { lines: (all) => all.filter(({ key }) => key !== BATCH) }), "incomplete", "store-short");
  is(await told(t, { lines: (all) => all.filter((line) => line !== BLOB(all)) }), "incomplete", "store-short");
  const { findings } = is(
    await told(t, { lines: (all) => [...all, { ...BLOB(all), key: "batch/000000000003" }] }),
    "verified-with-gaps",
    "store-ahead",
  );
  assert.equal(findings[0]?.at, "versions: batch/000000000003");
  const { notChecked } = is(await told(t, { lines: (all) => [...all, { ...BLOB(all), key: "cosig/1/\u001b[2J" }] }), "verified");
  assert.match(notChecked.join("\n"), /1 objects in the store that are no part of a log: "cosig\/1\/\\u001b\[2J"/);
});

test("what the AWS command prints is taken too, without locks and sums", async (t) => {
  const Versions = listed(tell()).map(({ key, version, at, bytes, etag }) => ({
    ...{ Key: `log/${key}`, VersionId: version, IsLatest: true, LastModified: at, Size: bytes, ETag: `"${etag}"` },
    StorageClass: "STANDARD",
  }));
  const DeleteMarkers = [{ Key: `log/${BATCH}`, VersionId: "gone", IsLatest: false, LastModified: AT }];
  const { notChecked, checked } = is(await told(t, { raw: JSON.stringify({ Versions }, null, 4) }), "verified");
  assert.match(checked.join("\n"), /objects in "…\/log\/"/);
  assert.match(notChecked.join("\n"), /4 objects in the store have the bytes[\s\S]*4 objects in the store are locked/);
  is(await told(t, { raw: JSON.stringify({ Versions, DeleteMarkers }) }), "tampered", "delete-marker");
  const overwritten = [{ ...Versions[1], VersionId: "evil", ETag: '"0"' }, ...Versions];
  is(await told(t, { raw: JSON.stringify({ Versions: overwritten }) }), "tampered", "slot-overwritten");
});

test("a list that is none, or of several logs, is a matter of usage", async (t) => {
  for (const [raw, why] of [
    ["", /neither a list/],
    ["[]", /neither a list/],
    ["{}", /neither a list/],
    [`${"x".repeat(1e6)}\n`, /neither a list/],
    [`${JSON.stringify(HEAD)}\n{"key":1}\n`, /line 2 is no version/],
    [`${JSON.stringify(HEAD)}\n${"x".repeat(2e6)}\n`, /line 2 is no version/],
    [
      JSON.stringify({ Versions: ["a", "b"].map((log) => ({ Key: `${log}/${BATCH}`, VersionId: "v", Size: 1 })) }),
      /several logs, "a" and "b"/,
    ],
  ] as const)
    await assert.rejects(
      told(t, { raw }),
      (error: Error) => error.name === "NoInventory" && why.test(error.message),
      raw.slice(0, 40),
    );
});
