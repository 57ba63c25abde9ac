import {
  DescribeManagedPrefixListsCommand,
  GetManagedPrefixListEntriesCommand,
  type ManagedPrefixList,
} from "@aws-sdk/client-ec2";
import { ErError, nearestFew, parseCidr, type SelectionOf } from "../../../model/index.ts";
import { orAbsent } from "../../../providers/index.ts";
import { type Ec2, everyPage } from "./pages.ts";

export type Entry = { readonly cidr: string; readonly description?: string };
export type Listed = { readonly list: ManagedPrefixList; readonly entries: readonly Entry[] };

/** The account's own lists, sorted. Errors: `config-part-missing` for a name that no list has. */
export async function findLists(ec2: Ec2, selection: SelectionOf<"aws.prefix-lists">): Promise<Listed[]> {
  const { account, region, entrance, select } = selection;
  const all = await everyPage(
    (from) => ec2.send(new DescribeManagedPrefixListsCommand({ Filters: [{ Name: "owner-id", Values: [account] }], ...from })),
    ({ PrefixLists }) => PrefixLists,
  );
  if ("names" in select) {
    const known = all.flatMap(({ PrefixListName }) => PrefixListName ?? []);
    const missing = select.names.find((name) => !known.includes(name));
    if (missing !== undefined) {
      throw new ErError(
        "config-part-missing",
        `prefix list "${missing}" of entrance "${entrance}" is none that ${account} owns in ${region}`,
        { hints: nearestFew(missing, known).map((near) => `there is "${near}"`) },
      );
    }
  }
  const found = all.filter(({ PrefixListName = "", Tags = [] }) =>
    "names" in select
      ? select.names.includes(PrefixListName)
      : Tags.some(({ Key, Value }) => Key === select.tag.key && Value === select.tag.value),
  );
  const listed = await Promise.all(found.map(async (list) => ({ list, entries: await entriesOf(ec2, list) })));
  return listed.toSorted((left, right) => ((left.list.PrefixListId ?? "") < (right.list.PrefixListId ?? "") ? -1 : 1));
}

/** Null = absent. */
export async function findList(ec2: Ec2, id: string): Promise<Listed | null> {
  const answer = await orAbsent(() => ec2.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] })));
  const list = answer?.PrefixLists?.[0];
  return list === undefined ? null : { list, entries: await entriesOf(ec2, list) };
}

/** Canonical and sorted: a list is a set. */
async function entriesOf(ec2: Ec2, { PrefixListId }: ManagedPrefixList): Promise<Entry[]> {
  const found = await everyPage(
    (from) => ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId, ...from })),
    ({ Entries }) => Entries,
  );
  return sortedEntries(
    found.map(({ Cidr = "", Description }) => ({
      cidr: parseCidr(Cidr)?.text ?? Cidr,
      ...(Description ? { description: Description } : {}),
    })),
  );
}

export function sortedEntries(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((left, right) => (left.cidr < right.cidr ? -1 : 1));
}
