import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type InputOptions, type OutputChunk, type OutputOptions, type Plugin, rolldown } from "rolldown";
import { parseSync } from "rolldown/utils";

const OUTPUT: OutputOptions = {
  format: "cjs",
  exports: "named",
  minify: true,
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name]-[hash].cjs",
  codeSplitting: {
    groups: [
      { name: "builtins", test: /^\0builtin:/, priority: 3 },
      {
        name: "aws-core",
        test: /node_modules\/(@smithy|@aws-sdk\/(core|types|util|middleware|credential|region|nested|token|xml|signature)|@aws\/|@aws-crypto)/,
        priority: 2,
        minShareCount: 2,
      },
      // A client's index names its commands: apart from it, in the chunks that use them, they would ask for each other in a circle.
      {
        debugName: "aws-clients",
        name: (id) => `aws-${/@aws-sdk\/client-([a-z0-9-]+)\//.exec(id)?.[1] ?? "client"}`,
        test: /node_modules\/@aws-sdk\/client-/,
        priority: 1,
      },
    ],
  },
};

/**
 * Bundles the program: one chunk per dynamic import. Returns the names of the npm packages whose code is inside; which chunk has
 * which is written beside the source maps.
 */
export async function bundleMain(root: string, folder: string, maps: string): Promise<string[]> {
  const bundle = await rolldown({ ...input(root), input: { main: join(root, "src/cli/main.ts") } });
  const { output } = await bundle.write({ ...OUTPUT, dir: folder, sourcemap: "hidden" });
  await bundle.close();
  moveMaps(folder, maps);
  const chunks = output.filter((item): item is OutputChunk => item.type === "chunk");
  const contents = Object.fromEntries(chunks.map((chunk) => [chunk.fileName, packagesOf([chunk])]));
  writeFileSync(join(maps, "packages.json"), `${JSON.stringify(contents, null, 2)}\n`);
  return packagesOf(chunks);
}

/**
 * Bundles test files with all that they import, as the program is bundled: what holds for the sources and the packages must hold for
 * what is made of them. Returns the files to run. They find the files beside their sources.
 */
export async function bundleTests(root: string, files: readonly string[], folder: string): Promise<string[]> {
  const { plugins, ...rest } = input(root);
  const named = Object.fromEntries(files.map((file) => [basename(file, ".ts"), join(root, file)]));
  const bundle = await rolldown({ ...rest, plugins: [plugins, movable], input: named });
  await bundle.write({ ...OUTPUT, dir: folder });
  await bundle.close();
  return Object.keys(named).map((name) => join(folder, `${name}.cjs`));
}

/** Bundles the stand-alone verifier to one file that an auditor can read, runnable by older Nodes: not minified, no shims. */
export async function bundleVerifier(root: string, file: string): Promise<void> {
  const bundle = await rolldown({
    ...input(root),
    plugins: [],
    external: isBuiltin,
    input: join(root, "src/verifier/main.ts"),
    transform: { target: "node20" },
  });
  const { output } = await bundle.write({ file, format: "cjs", codeSplitting: false, banner: "#!/usr/bin/env node" });
  await bundle.close();
  const foreign = packagesOf(output.filter((item): item is OutputChunk => item.type === "chunk"));
  if (foreign.length > 0) throw new Error(`the verifier must stand alone but contains ${foreign.join(", ")}`);
}

function input(root: string): InputOptions {
  return {
    cwd: root,
    platform: "node",
    resolve: { mainFields: ["module", "main"], conditionNames: ["import", "node", "default"] },
    plugins: [builtins, absent],
    // No module of ours is imported for what it does, only for what it exports: a room's door need not open all that is behind it.
    treeshake: { moduleSideEffects: [{ test: /\/src\/.*\.ts$/, sideEffects: false }] },
    checks: { circularDependency: false },
    onLog: (level, log, handle) => {
      if (level === "warn" && log.code === "EVAL") return;
      handle(level === "warn" ? "error" : level, log);
    },
  };
}

/**
 * Node's built-ins through `process.getBuiltinModule`: an ESM import of `node:http` would run all lazy getters of its facade.
 * `node:child_process` is looked up at first use only: commander names it and we never let it spawn.
 */
const builtins: Plugin = {
  name: "builtins",
  resolveId: { order: "pre", handler: (source) => (isBuiltin(source) ? `\0builtin:${source.replace(/^node:/, "")}` : null) },
  load(id) {
    if (!id.startsWith("\0builtin:")) return null;
    const name = id.slice("\0builtin:".length);
    const get = `process.getBuiltinModule("node:${name}")`;
    if (name !== "child_process") return `module.exports = ${get};`;
    const names = Object.keys(process.getBuiltinModule("node:child_process"));
    return `module.exports = {\n${names.map((key) => `get ${key}() { return ${get}.${key}; },`).join("\n")}\n};`;
  },
};

/** What a package would use if it were installed. Left as it is, it would be looked for at run time, outside of our package. */
const absent: Plugin = {
  name: "absent",
  resolveId: { order: "pre", handler: (source) => (source === "supports-color" ? "\0absent" : null) },
  load: (id) => (id === "\0absent" ? "module.exports = null;" : null),
};

/** A test reads what lies beside it, wherever its bundle lies, and may wait before it begins, which a module of this format cannot. */
const movable: Plugin = {
  name: "movable",
  transform: {
    filter: { id: /\/test\/.*\.ts$/ },
    handler(code, id) {
      const here = code
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(id)))
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href));
      if (!id.endsWith(".test.ts")) return here;
      const imports = parseSync(id, here, { lang: "ts" }).program.body.filter(({ type }) => type === "ImportDeclaration");
      const end = Math.max(0, ...imports.map((node) => node.end));
      return `${here.slice(0, end)}\nvoid (async () => {${here.slice(end)}\n})();\n`;
    },
  },
};

/** Source maps stay out of what is published and loaded; `NODE_OPTIONS=--enable-source-maps` with them copied back reads them. */
function moveMaps(folder: string, maps: string): void {
  mkdirSync(maps, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith(".map")) renameSync(join(folder, name), join(maps, basename(name)));
}

function packagesOf(chunks: readonly OutputChunk[]): string[] {
  const names = chunks
    .flatMap((chunk) => Object.keys(chunk.modules))
    .flatMap((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []);
  return [...new Set(names)].sort();
}
