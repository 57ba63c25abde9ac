import assert from "node:assert/strict";
import { after, test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, rollBack } from "../conformance/driver.ts";
import { motoBench } from "../conformance/moto-bench.ts";
import { emulatorIfLong } from "./long.ts";
import { seed } from "./seed.ts";

const { emulator, options } = await emulatorIfLong({ after });
const Bucket = "acme-data";
const Prefix = "tenants/acme/";

type Listing = {
  Versions?: { Key: string; VersionId: string }[];
  DeleteMarkers?: { Key: string; VersionId: string }[];
};

test("whoever deletes a held version is refused, with every permission, until the hold is lifted", options, async (t) => {
  assert.ok(emulator);
  const seeded = await seed(emulator);
  const bench = motoBench(emulator, seeded);
  t.after(() => bench.close());
  const { admin, here } = seeded;
  const action = await loadAction("aws.s3.legal-hold");
  const driven = await contain(bench, action, here(action.examples[0]));
  const { Versions = [] } = await admin<Listing>("s3:ListObjectVersions", { Bucket, Prefix });
  assert.equal(Versions.length, driven.length);
  const remove = ({ Key, VersionId }: { Key: string; VersionId: string }) =>
    admin("s3:DeleteObject", { Bucket, Key, VersionId, BypassGovernanceRetention: true });
  for (const version of Versions) await assert.rejects(remove(version), { name: "AccessDenied" });

  // A delete without a version hides the object, and takes nothing away.
  const Key = `${Prefix}users.json`;
  await admin("s3:DeleteObject", { Bucket, Key });
  await assert.rejects(admin("s3:GetObject", { Bucket, Key }), { name: "NoSuchKey" });
  const { DeleteMarkers = [] } = await admin<Listing>("s3:ListObjectVersions", { Bucket, Prefix: Key });
  for (const marker of DeleteMarkers) await remove(marker);
  await admin("s3:GetObject", { Bucket, Key });

  await rollBack(bench, action, driven);
  const [before, ...ours] = driven.map(({ change }) => change);
  for (const version of Versions) {
    const id = `${Bucket}/${version.Key}?versionId=${version.VersionId}`;
    if (id === before?.resource.id) await assert.rejects(remove(version), { name: "AccessDenied" });
    else {
      assert.ok(ours.some(({ resource }) => resource.id === id));
      await remove(version);
    }
  }
});
