import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MOTO, pythonWithMoto } from "./python.ts";

const PYTHON = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout?.trim() ?? "";
const has = (module: string): boolean => PYTHON !== "" && spawnSync(PYTHON, ["-m", module, "--version"]).status === 0;
const needing = (there: boolean, what: string) => (there ? {} : { skip: `SKIPPED, NOTHING WAS TESTED: there is no ${what}` });
const options = needing(has("ensurepip") || has("pip"), "python3 with ensurepip or pip");

/** A machine whose Python has no moto, a file to install it from, and modules that pretend to be absent. */
async function machine(t: TestContext, absent: readonly string[] = []) {
  const root = await mkdtemp(join(tmpdir(), "python-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [path, stubs, venv] = [join(root, "bin"), join(root, "stubs"), join(root, "venv")];
  await mkdir(path);
  await writeFile(join(path, "python3"), `#!/bin/sh\nexec ${PYTHON} -S "$@"\n`);
  await chmod(join(path, "python3"), 0o755);
  for (const name of absent) {
    await mkdir(join(stubs, name), { recursive: true });
    await writeFile(join(stubs, name, "__init__.py"), `raise ImportError("no ${name}")\n`);
  }
  const wheel = join(root, `moto-${MOTO}-py3-none-any.whl`);
  assert.equal(spawnSync(PYTHON, ["-c", MAKE_WHEEL, wheel, MOTO]).status, 0);
  const log = join(root, "pip.log");
  const env = { ...process.env, PYTHONPATH: stubs, PIP_LOG: log, PIP_NO_INDEX: "1" };
  /** In a process of its own, as every test file is. */
  const find = () => said([join(import.meta.dirname, "python.ts"), path, venv, `moto @ file://${wheel}`], env);
  const installs = async () => (await readFile(log, "utf8")).match(/Successfully installed moto/g)?.length ?? 0;
  return { root, path, venv, find, installs };
}

const MAKE_WHEEL = `
import sys, zipfile
file, version = sys.argv[1:]
info = f"moto-{version}.dist-info"
with zipfile.ZipFile(file, "w") as wheel:
    wheel.writestr("flask.py", "")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: moto\\nVersion: {version}\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

function said([module, ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<object> {
  const script = `const { pythonWithMoto } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(pythonWithMoto(...${JSON.stringify(args)})));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (part) => {
    out += part;
  });
  return new Promise((resolve) => child.on("close", () => resolve(JSON.parse(out))));
}

test("of two files that need an emulator at once, one makes the environment, and a third finds it", options, async (t) => {
  const { venv, find, installs } = await machine(t);
  const own = { python: join(venv, "bin/python3") };
  assert.deepEqual(await Promise.all([find(), find()]), [own, own]);
  assert.equal(await installs(), 1);
  assert.deepEqual(await find(), own);
  assert.equal(await installs(), 1);
});

test("an environment that was begun and not finished is begun anew", options, async (t) => {
  const { venv, find } = await machine(t);
  await mkdir(join(venv, "bin"), { recursive: true });
  await writeFile(join(venv, "bin/python3"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  assert.deepEqual(await find(), { python: join(venv, "bin/python3") });
});

test("a Python without ensurepip installs with the machine's pip", needing(has("pip"), "python3 with pip"), async (t) => {
  const { venv, find, installs } = await machine(t, ["ensurepip"]);
  assert.deepEqual(await find(), { python: join(venv, "bin/python3") });
  assert.equal(await installs(), 1);
});

test("a Python with neither, and a machine without Python, are said to be so", needing(PYTHON !== "", "python3"), async (t) => {
  const { find, root } = await machine(t, ["ensurepip", "pip"]);
  assert.match(JSON.stringify(await find()), /"missing":.*has neither ensurepip nor a pip/);
  const none = pythonWithMoto(join(root, "nowhere"), join(root, "other"));
  assert.ok("missing" in none);
  assert.match(none.missing, /ENOENT/);
});

test("the Python behind a moto server on the path is found", options, async (t) => {
  const { path, venv, find } = await machine(t);
  await find();
  await writeFile(join(path, "moto_server"), `#!${join(venv, "bin/python3")}\nimport moto\n`);
  assert.deepEqual(pythonWithMoto(path, join(path, "none")), { python: join(venv, "bin/python3") });
});
