import type { LeaseState } from "../../incidents/index.ts";
import { EXIT, type ExitCode, type ResourceRef } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { statusOf } from "../status-document.ts";
import { OWNED } from "./terraform-owned.ts";
import { type Block, readState } from "./terraform-state.ts";

/** One block of the code, what its `lifecycle` has to ignore, and the leases that ask for it. */
export type Override = {
  readonly module: string;
  readonly address: string;
  readonly ignore: readonly string[];
  readonly leases: readonly string[];
  readonly incidents: readonly string[];
};

/** What keeps the next deploy from taking back what is held (`soc2-er/terraform@1`). */
export type TerraformDocument = {
  readonly schema: "soc2-er/terraform@1";
  readonly mode: "real" | "drill";
  readonly overrides: readonly Override[];
  /** What the next deploy makes anew, whatever it ignores: what we deleted. */
  readonly recreated: readonly Pick<Override, "module" | "address">[];
  /** Held, and owned by no block of this state. */
  readonly absent: readonly ResourceRef[];
  /** Held, and of a type of which it is not known here what could own it. */
  readonly unknown: readonly ResourceRef[];
};

export async function printOverrides(globals: Globals, only: string | undefined, file: string): Promise<ExitCode> {
  const blocks = await readState(file);
  return withContext(globals, async (context) => {
    const { leases } = await statusOf(context, only);
    const document: TerraformDocument = { schema: "soc2-er/terraform@1", mode: context.mode, ...overridesOf(leases, blocks) };
    globals.output.result(document, () => hclOf(document));
    return EXIT.ok;
  });
}

type Held = Pick<LeaseState, "id" | "incident" | "resource">;

export function overridesOf(leases: readonly Held[], blocks: readonly Block[]): Omit<TerraformDocument, "schema" | "mode"> {
  const found = new Map<string, Override>();
  const [absent, unknown]: [ResourceRef[], ResourceRef[]] = [[], []];
  for (const { id, incident, resource } of leases) {
    const owners = Object.hasOwn(OWNED, resource.type) ? OWNED[resource.type] : undefined;
    if (owners === undefined) unknown.push(resource);
    const hits = (owners ?? []).flatMap(({ type, ignore, is }) =>
      blocks
        .filter((block) => block.type === type && block.instances.some((one) => is(one, resource)))
        .map((block) => ({ block, ignore })),
    );
    if (owners !== undefined && hits.length === 0) absent.push(resource);
    for (const { block, ignore } of hits) {
      const address = `${block.type}.${block.name}`;
      const key = `${block.module} ${address}`;
      const known = found.get(key);
      found.set(key, {
        module: block.module,
        address,
        ignore: [...new Set([...(known?.ignore ?? []), ...ignore])].sort(),
        leases: [...(known?.leases ?? []), id],
        incidents: [...new Set([...(known?.incidents ?? []), incident])],
      });
    }
  }
  const all = [...found.values()].sort((left, right) =>
    `${left.module} ${left.address}` < `${right.module} ${right.address}` ? -1 : 1,
  );
  const recreated = all.filter(({ ignore }) => ignore.length === 0).map(({ module, address }) => ({ module, address }));
  return { overrides: all.filter(({ ignore }) => ignore.length > 0), recreated, absent, unknown };
}

/**
 * As Terraform reads it: an override file merges a `lifecycle` into the block of the same name, so that nobody's code is edited and
 * deleting the file is the way back. Names of blocks are words of HCL; everything else stands in comments.
 */
function hclOf({ overrides, recreated, absent, unknown }: TerraformDocument): string[] {
  const modules = [...new Set(overrides.map(({ module }) => module))];
  const blocks = modules.flatMap((module) => [
    "",
    module === "" ? "# soc2_er_override.tf, in the folder of the code" : `# soc2_er_override.tf, in the folder of ${module}`,
    ...overrides.filter((one) => one.module === module).flatMap(blockLines),
  ]);
  const deleted = recreated.map(({ module, address }) => `#   ${module === "" ? "" : `${module}.`}${address}`);
  const missing = (refs: readonly ResourceRef[], what: string) =>
    refs.length === 0 ? [] : ["", `# ${what}:`, ...refs.map(({ type, id }) => `#   ${type} ${printable(id)}`)];
  return [
    "# What keeps terraform apply from taking back what incidents hold. Where a block ignores arguments already, add these to its",
    "# own list: an override replaces it. It counts for all instances of a block. Delete the file once the incident is released.",
    ...blocks,
    ...(deleted.length === 0
      ? []
      : ["", "# deleted, and made anew by the next apply unless it is taken out of the code:", ...deleted]),
    ...missing(absent, "held, and not in this state"),
    ...missing(unknown, "held, and not known here what could own it"),
  ];
}

function blockLines({ address, ignore, incidents }: Override): string[] {
  const [type = "", name = ""] = address.split(".");
  return [
    "",
    `# until ${incidents.join(", ")} is released`,
    `resource "${type}" "${name}" {`,
    "  lifecycle {",
    `    ignore_changes = [${ignore.join(", ")}]`,
    "  }",
    "}",
  ];
}

/** A line of a comment must not end before we end it. */
function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
