import { ErError } from "../../model/index.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** One resource block of the code: what `count` and `for_each` made of it are its instances. */
export type Block = {
  /** `module.data.module.inner`, without indexes; empty for the code's own folder. */
  readonly module: string;
  readonly type: string;
  readonly name: string;
  readonly instances: readonly Attributes[];
};

const LIMIT_BYTES = 16 * 1024 * 1024;

/** Errors: `usage` when the file is no state that Terraform 0.12 or newer writes. */
export async function readState(path: string): Promise<readonly Block[]> {
  const { readUpTo } = await import("../../yaml/index.ts");
  let bytes: Uint8Array;
  try {
    bytes = await readUpTo(path, LIMIT_BYTES);
  } catch (error) {
    throw refused(path, "it cannot be read", error);
  }
  if (bytes.length > LIMIT_BYTES) throw refused(path, `it has more than ${LIMIT_BYTES / 1024 / 1024} MiB`);
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw refused(path, "it is not JSON", error);
  }
  if (!isObject(state) || state["version"] !== 4 || !Array.isArray(state["resources"]))
    throw refused(path, "it is no state of version 4");
  return state["resources"]
    .filter(isObject)
    .flatMap((resource) => (resource["mode"] === "managed" ? [blockOf(resource, path)] : []));
}

function blockOf({ module = "", type, name, instances }: Attributes, path: string): Block {
  const folder = typeof module === "string" ? module.replace(/\["(\\.|[^"\\])*"\]|\[\d+\]/g, "") : null;
  // Written into code: nothing but words of HCL may pass.
  if (!isWord(type) || !isWord(name) || folder === null || !/^(module\.[\w-]+(\.|$))*$/.test(folder) || !Array.isArray(instances))
    throw refused(path, "a resource has no name or no instances");
  const attributes = instances.map((one: unknown) => (isObject(one) ? one["attributes"] : null)).filter(isObject);
  return { module: folder, type, name, instances: attributes };
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z_][\w-]*$/.test(value);
}

function isObject(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(path: string, why: string, cause?: unknown): ErError {
  return new ErError("usage", `"${path}" cannot be taken for a Terraform state: ${why}`, {
    hints: ["terraform state pull > state.json", "soc2-er status --terraform state.json"],
    ...(cause === undefined ? {} : { cause }),
  });
}
