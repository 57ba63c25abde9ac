import { nearest } from "../model/index.ts";
import { type ConfigForm, isGlobal } from "./form.ts";

export type CrossComplaint = { readonly path: readonly PropertyKey[]; readonly message: string };
type Named = { readonly id: string; readonly name: string };

/** What one part of the file says about another: names that must exist, ids and keys that must be unique. */
export function crossCheck(file: ConfigForm): CrossComplaint[] {
  const accounts = file.providers.aws?.accounts ?? [];
  const subscriptions = file.providers.azure?.subscriptions ?? [];
  return [
    ...unique(accounts, ["providers", "aws", "accounts"], ["id", "name"]),
    ...unique(subscriptions, ["providers", "azure", "subscriptions"], ["id", "name"]),
    ...unique(file.people, ["people"], ["id"]),
    ...unique(file.edge ?? [], ["edge"], ["name"]),
    ...sharedKeys(file.people),
    ...(["s3", "secrets", "dynamodb", "kms", "principals"] as const).flatMap((part) =>
      known(
        (file.tenancy?.[part] ?? []).map(({ account }) => account),
        accounts,
        ["tenancy", part],
        "account",
      ),
    ),
    ...awsPartKnown("organization", file, accounts),
    ...awsPartKnown("identity-center", file, accounts),
    ...known(
      (file.edge ?? []).map(({ account }) => account),
      accounts,
      ["edge"],
      "account",
    ),
    ...known(
      (file.edge ?? []).map(({ subscription }) => subscription),
      subscriptions,
      ["edge"],
      "subscription",
    ),
    ...regionsKnown(file, accounts),
  ];
}

function unique<T extends object>(
  items: readonly T[],
  path: readonly string[],
  fields: readonly (keyof T & string)[],
): CrossComplaint[] {
  return fields.flatMap((field) => {
    const seen = new Set<unknown>();
    return items.flatMap((item, index) => {
      const value = item[field];
      if (!seen.has(value)) {
        seen.add(value);
        return [];
      }
      return [{ path: [...path, index, field], message: `"${String(value)}" stands here a second time` }];
    });
  });
}

/** One key under two names would let one person give both approvals. */
function sharedKeys(people: ConfigForm["people"]): CrossComplaint[] {
  const owner = new Map<string, string>();
  return people.flatMap((person, index) =>
    person.keys.flatMap((line, place) => {
      const key = line.split(" ").slice(0, 2).join(" ");
      const other = owner.get(key);
      owner.set(key, other ?? person.id);
      return other === undefined
        ? []
        : [{ path: ["people", index, "keys", place], message: `this key already belongs to "${other}"` }];
    }),
  );
}

function awsPartKnown(part: "organization" | "identity-center", file: ConfigForm, accounts: readonly Named[]): CrossComplaint[] {
  const path = ["providers", "aws", part];
  const complaints = known([file.providers.aws?.[part]?.account], accounts, path, "account");
  return complaints.map(({ message }) => ({ path: [...path, "account"], message }));
}

function known(
  names: readonly (string | undefined)[],
  all: readonly Named[],
  path: readonly string[],
  field: string,
): CrossComplaint[] {
  return names.flatMap((name, index) => {
    if (name === undefined || all.some((item) => item.id === name || item.name === name)) return [];
    const meant = nearest(
      name,
      all.map((item) => item.name),
    );
    const remedy = meant
      ? `: did you mean "${meant}"?`
      : all.length === 0
        ? ": none is configured"
        : `: known are ${all.map((item) => item.name).join(", ")}`;
    return [{ path: [...path, index, field], message: `unknown ${field} "${name}"${remedy}` }];
  });
}

function regionsKnown(
  file: ConfigForm,
  accounts: readonly (Named & { readonly regions: readonly string[] })[],
): CrossComplaint[] {
  const places = [
    ...(["s3", "secrets", "dynamodb", "kms"] as const).flatMap((part) =>
      (file.tenancy?.[part] ?? []).map(({ account, region }, index) => ({
        account,
        region,
        path: ["tenancy", part, index, "region"],
      })),
    ),
    ...(file.edge ?? [])
      .map((edge, index) => ({
        account: edge.account,
        region: edge.region,
        path: ["edge", index, "region"],
        global: isGlobal(edge),
      }))
      .filter(({ global }) => !global),
  ];
  return places.flatMap(({ account, region, path }) => {
    const owner = accounts.find(({ id, name }) => id === account || name === account);
    if (!owner || region === undefined || owner.regions.includes(region)) return [];
    return [{ path, message: `Region "${region}" is not among those of account "${owner.name}": ${owner.regions.join(", ")}` }];
  });
}
