import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { lacking } from "../debian.ts";
import { type Ended, SHIM } from "./binary.ts";
import { Company, refused } from "./company.ts";

const skip = lacking(["strace"]) ?? false;

/** The first eight bytes of what statfs(2) answers, as they lie in memory. */
const NFS = "6969000000000000";
const FUSE = "4655736500000000";
const TMPFS = "9419020100000000";

/** The program on a machine whose kernel says that every file system is of that kind. */
async function on(kind: string, company: Company, args: readonly string[]): Promise<Ended> {
  const poke = ["-e", "trace=statfs", "-e", `inject=statfs:poke_exit=@arg2=${kind}`];
  const whose = ["--config", company.config, "--home", company.home, "--key", join(company.folder, "on-call")];
  const child = spawn(
    "strace",
    ["-f", "-q", "--seccomp-bpf", ...poke, "-o", "/dev/null", process.execPath, SHIM, ...args, ...whose],
    {
      cwd: company.folder,
      env: { PATH: process.env["PATH"], HOME: company.folder },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const [out, err, code] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { code, out: out.toString(), err: err.toString() };
}

test("a log on a network file system is read and not written; doctor says so before the night", { skip }, async (t) => {
  const company = await Company.found(t);
  const declare = ["incident", "declare", "--title", "x", "--severity", "2"];
  const hints = refused(await on(NFS, company, declare), {
    code: "audit-unavailable",
    exit: 9,
    says: /network file system \(NFS\)/,
  });
  assert.match(hints.join("\n"), /--home FOLDER/);
  const listed = await on(NFS, company, ["audit", "log"]);
  assert.equal(listed.code, 0, listed.err);
  const doctor = await on(NFS, company, ["doctor", "--offline"]);
  assert.equal(doctor.code, 1);
  assert.match(doctor.out, /FAIL home [^✔]*\(NFS\)/);
  assert.equal((await company.run(declare)).code, 0, "on a disk it goes on");
});

test("no log is founded on a network file system", { skip }, async (t) => {
  const company = await Company.found(t);
  rmSync(company.home, { recursive: true });
  refused(await on(NFS, company, ["init", "--yes"]), { code: "audit-unavailable", exit: 9, says: /NFS/ });
  assert.ok(!existsSync(join(company.home, "real/log")));
});

test("what may be a network, or is gone after a restart, is written, and doctor warns", { skip }, async (t) => {
  const company = await Company.found(t);
  const declared = await on(FUSE, company, ["incident", "declare", "--title", "x", "--severity", "2"]);
  assert.equal(declared.code, 0, declared.err);
  assert.match((await on(FUSE, company, ["doctor", "--offline"])).out, /warn home [^✔]*FUSE/);
  assert.match((await on(TMPFS, company, ["doctor", "--offline"])).out, /warn home [^✔]*memory \(tmpfs\)/);
});
