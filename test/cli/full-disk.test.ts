import assert from "node:assert/strict";
import { cpSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NO_SMALL_DISK, smallDisk } from "../small-disk.ts";
import { Company, refused } from "./company.ts";

test("on a full disk commands that begin something are refused, the log stays whole, and doctor says it", async (t) => {
  const company = await Company.found(t);
  const disk = smallDisk(t, 24);
  if (disk === null) return t.skip(NO_SMALL_DISK);
  const home = join(disk.folder, "home");
  cpSync(company.home, home, { recursive: true });
  rmSync(company.home, { recursive: true });
  symlinkSync(home, company.home);
  const declare = ["incident", "declare", "--title", "x", "--severity", "2"];
  assert.equal((await company.run(declare)).code, 0);
  assert.match((await company.run(["doctor", "--offline"])).out, /ok +room /);

  disk.fill();
  for (let time = 0; time < 2; time++) {
    const hints = refused(await company.run(declare), { code: "audit-unavailable", exit: 9, says: /no space left|is full/ });
    assert.match(hints.join("\n"), /df -h/);
  }
  assert.equal((await company.run(["incident", "list"])).code, 0);
  assert.equal((await company.run(["audit", "verify"])).code, 0);
  const doctor = await company.run(["doctor", "--offline"]);
  assert.match(doctor.out, /FAIL room /);
  assert.equal(doctor.code, 1);

  disk.empty();
  assert.match((await company.run(["doctor", "--offline"])).out, /warn room /);
  const again = await company.run(declare);
  assert.equal(again.code, 0, again.err);
  assert.match((await company.run(["doctor", "--offline"])).out, /ok +room /);
  const { out } = await company.run(["audit", "log", "--json"]);
  const types: string[] = JSON.parse(out).items.map(({ type }: { type: string }) => type);
  assert.equal(types.filter((type) => type === "incident.declared").length, 2);
  assert.equal(
    types.filter((type) => type === "session.opened").length,
    types.filter((type) => type === "session.closed").length,
  );
  assert.equal((await company.run(["audit", "verify"])).code, 0);
});
