import "./node-version.ts";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bundleMain, bundleVerifier } from "./build/bundle.ts";
import { billOfMaterials, notices } from "./build/licenses.ts";

const ROOT = join(import.meta.dirname, "..");
/** Built apart and put in place at the end: a build that fails leaves the last one as it was. */
const DIST = join(ROOT, `dist.${process.pid}`);
const PLACE = join(ROOT, "dist");
const started = performance.now();

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

process.on("exit", () => rmSync(DIST, { recursive: true, force: true }));
mkdirSync(join(DIST, "bin"), { recursive: true });

const packages = new Set<string>(await bundleMain(ROOT, join(DIST, "lib"), join(DIST, "maps")));
if (existsSync(join(ROOT, "src/verifier/main.ts"))) await bundleVerifier(ROOT, join(DIST, "verifier.cjs"));

const shim = readFileSync(join(ROOT, "bin/soc2-er.cjs"), "utf8");
const inside = shim.replace('join(__dirname, "../dist")', 'join(__dirname, "..")');
if (inside === shim) throw new Error("bin/soc2-er.cjs no longer names its folder as the build expects");
writeFileSync(join(DIST, "bin/soc2-er.cjs"), inside);
chmodSync(join(DIST, "bin/soc2-er.cjs"), 0o755);

const { rootHelp } = await import("../src/cli/help.ts");
writeFileSync(join(DIST, "help.txt"), rootHelp());
if (existsSync(join(ROOT, "runbooks"))) cpSync(join(ROOT, "runbooks"), join(DIST, "runbooks"), { recursive: true });
for (const name of ["LICENSE", "README.md", "docs"])
  if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(DIST, name), { recursive: true });

writeFileSync(join(DIST, "NOTICES.txt"), notices(ROOT, packages));
writeFileSync(join(DIST, "sbom.cdx.json"), `${JSON.stringify(billOfMaterials(ROOT, packages), null, 2)}\n`);
writeFileSync(join(DIST, "package.json"), `${JSON.stringify(published(), null, 2)}\n`);

const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter(
  (file) => file.isFile() && !file.parentPath.startsWith(join(DIST, "maps")),
);
const bytes = files.reduce((total, file) => total + statSync(join(file.parentPath, file.name)).size, 0);
const last = `${PLACE}.last.${process.pid}`;
if (existsSync(PLACE)) renameSync(PLACE, last);
renameSync(DIST, PLACE);
rmSync(last, { recursive: true, force: true });
console.log(
  `built dist: ${files.length} files, ${Math.round(bytes / 1024)} KiB, ${packages.size} packages inside, ${((performance.now() - started) / 1000).toFixed(1)} s`,
);

/** What is published: everything is inside, so nothing is depended on. `build` names the content, for the compile cache. */
function published(): object {
  const { name, version, description, license, engines } = manifest;
  const hash = createHash("sha256");
  for (const file of readdirSync(join(DIST, "lib")).sort()) hash.update(file).update(readFileSync(join(DIST, "lib", file)));
  const build = `${version}-${hash.digest("hex").slice(0, 12)}`;
  return {
    name,
    version,
    build,
    description,
    license,
    type: "commonjs",
    bin: { "soc2-er": "bin/soc2-er.cjs" },
    files: ["**", "!maps"],
    engines,
  };
}
