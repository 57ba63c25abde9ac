#!/usr/bin/env node
"use strict";

const NEEDED = [24, 15];

// Nothing above this guard may need a newer Node than 6: it must get as far as saying so.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  complain(
    `needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node} (${process.execPath})`,
    "install Node 24 from https://nodejs.org/en/download, or start it with the full path of a newer node",
  );
} else {
  start(process.argv.slice(2));
}

function complain(message, hint) {
  process.stderr.write(`soc2-er: ${message}\nhint: ${hint}\n`);
  process.exitCode = 1;
}

function start(args) {
  const fs = require("node:fs");
  const { join } = require("node:path");
  // The built package. In the published package this file stands inside it, and the build writes "..".
  const home = join(__dirname, "../dist");
  if (!fs.existsSync(join(home, "lib/main.cjs"))) {
    complain("this checkout is not built", "npm run build");
    return;
  }
  const only = args.length === 1 ? args[0] : "";
  if (only === "--version") {
    process.stdout.write(`${manifest(fs, home).version}\n`);
    return;
  }
  if ((only === "--help" || only === "-h" || only === "help") && !colored()) {
    process.stdout.write(fs.readFileSync(join(home, "help.txt")));
    return;
  }
  useCompileCache(fs, home);
  require(join(home, "lib/main.cjs")).main({ home, version: manifest(fs, home).version });
}

function manifest(fs, home) {
  return JSON.parse(fs.readFileSync(`${home}/package.json`, "utf8"));
}

/** Root help is written ahead without color, so it is used only where the main program would not color either. */
function colored() {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  return Boolean(FORCE_COLOR && FORCE_COLOR !== "0") || (Boolean(process.stdout.isTTY) && TERM !== "dumb");
}

/**
 * V8 trusts what it finds in the cache, so ours lies in a folder that nobody else can write: made with 0700, owned by us,
 * no symbolic link. Anything else, and the program runs without.
 */
function useCompileCache(fs, home) {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || process.platform === "win32") return;
  try {
    const { dirname, isAbsolute, join } = require("node:path");
    const { uid, homedir } = require("node:os").userInfo();
    const base = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir, ".cache");
    // Root with somebody else's HOME must not leave files of root there; under /proc the call below would hang.
    const parent = fs.existsSync(base) ? base : dirname(base);
    if (!isAbsolute(base) || base.startsWith("/proc/") || fs.statSync(parent).uid !== uid) return;
    const ours = join(base, "soc2-er");
    const folder = join(ours, `code-${manifest(fs, home).build}`);
    fs.mkdirSync(ours, { recursive: true, mode: 0o700 });
    if (!onlyOurs(fs, ours, uid)) return;
    if (!fs.existsSync(folder)) {
      prune(fs, ours);
      fs.mkdirSync(folder, { mode: 0o700 });
    }
    if (onlyOurs(fs, folder, uid)) require("node:module").enableCompileCache(folder);
  } catch (_) {
    // A home that cannot be written costs some milliseconds, nothing else.
  }
}

function onlyOurs(fs, folder, uid) {
  const stat = fs.lstatSync(folder);
  return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0;
}

/** Caches of earlier builds are of no use to anybody. */
function prune(fs, ours) {
  for (const name of fs.readdirSync(ours))
    if (name.startsWith("code-")) fs.rmSync(`${ours}/${name}`, { recursive: true, force: true });
}
