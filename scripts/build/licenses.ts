import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Locked = { version: string; license?: string; integrity?: string; resolved?: string; dependencies?: Record<string, string> };

/** The license texts of everything that is inside the bundle; packages with the same text share it. */
export function notices(root: string, packages: Iterable<string>): string {
  const holders = new Map<string, string[]>();
  for (const name of packages) {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)(\.(md|txt|mit))?$/i.test(file));
    const text = files
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim())
      .join("\n\n");
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version} (${license ?? "license not stated"})`]);
  }
  const rule = "=".repeat(78);
  const parts = [...holders].map(([text, names]) => `${rule}\n${names.join("\n")}\n${rule}\n${text}\n`);
  return ["soc2-er contains the following third-party software.\n", ...parts].join("\n");
}

/** CycloneDX 1.6 over what is inside the bundle, with the hashes of the lock file. Carries no time: the same input gives the same bytes. */
export function billOfMaterials(root: string, packages: ReadonlySet<string>): object {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const locked = (name: string): Locked => {
    const entry = lock.packages[`node_modules/${name}`];
    if (!entry) throw new Error(`${name} is bundled but not in package-lock.json`);
    return entry;
  };
  const ref = (name: string): string => `pkg:npm/${name.replace("@", "%40")}@${locked(name).version}`;
  const self = `pkg:npm/${manifest.name}@${manifest.version}`;
  const inside = (names: Iterable<string>): string[] =>
    [...names]
      .filter((name) => packages.has(name))
      .map(ref)
      .sort();
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": self,
        name: manifest.name,
        version: manifest.version,
        purl: self,
        licenses: [{ license: { id: manifest.license } }],
      },
    },
    components: [...packages].map((name) => component(name, ref(name), locked(name), root)),
    dependencies: [
      { ref: self, dependsOn: inside(Object.keys(manifest.dependencies)) },
      ...[...packages].map((name) => ({ ref: ref(name), dependsOn: inside(Object.keys(locked(name).dependencies ?? {})) })),
    ],
  };
}

function component(name: string, ref: string, entry: Locked, root: string): object {
  const manifest = join(root, "node_modules", name, "package.json");
  const license = entry.license ?? (existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).license : undefined);
  const sha512 = entry.integrity?.startsWith("sha512-")
    ? Buffer.from(entry.integrity.slice("sha512-".length), "base64").toString("hex")
    : null;
  return {
    type: "library",
    "bom-ref": ref,
    name,
    version: entry.version,
    purl: ref,
    ...(sha512 ? { hashes: [{ alg: "SHA-512", content: sha512 }] } : {}),
    ...(license ? { licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }] } : {}),
    ...(entry.resolved ? { externalReferences: [{ type: "distribution", url: entry.resolved }] } : {}),
  };
}
