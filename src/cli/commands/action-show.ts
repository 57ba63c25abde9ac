import { actionList, loadAction } from "../../actions/index.ts";
import { EXIT, sayDuration } from "../../model/index.ts";
import type { Permission } from "../../providers/index.ts";
import { type View, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";

export async function run([id = ""]: readonly string[], _options: object, globals: Globals): Promise<number> {
  await loadAction(id); // an unknown id is refused with the nearest known one
  const summary = actionList.find((action) => action.id === id);
  if (!summary) return EXIT.usage;
  const { title, description, containment, blastRadius, targets, bound, permissions } = summary;
  const document = { schema: "soc2-er/action@1", id, title, description, containment, blastRadius, targets, bound, permissions };
  globals.output.result(document, (view) => lines(document, view));
  return EXIT.ok;
}

type Shown = Pick<
  (typeof actionList)[number],
  "id" | "title" | "description" | "containment" | "blastRadius" | "targets" | "bound" | "permissions"
>;

function lines(
  { id, title, description, containment, blastRadius, targets, bound, permissions }: Shown,
  { width, paint }: View,
): string[] {
  const facts = [
    description,
    `blast radius: ${blastRadius}`,
    `contains the ${containment} of an attack; targets ${targets.join(", ")}`,
    `takes effect within ${sayDuration(bound.ms)} (${bound.source})`,
    ...distinct(permissions.read).map((said) => `reads with ${said}`),
    ...distinct(permissions.write).map((said) => `writes with ${said}`),
  ];
  return [
    ...wrap(`${id}: ${title}`, width, 2).map((line) => paint.bold(line)),
    ...facts.flatMap((fact) => wrap(`  ${fact}`, width, 4)),
  ];
}

/** A list and one of its items are two paths and one permission. */
function distinct(permissions: readonly Permission[]): string[] {
  return [...new Set(permissions.map(sayPermission))];
}

function sayPermission(permission: Permission): string {
  return "iam" in permission ? permission.iam.join(", ") : permission.azureAction;
}
