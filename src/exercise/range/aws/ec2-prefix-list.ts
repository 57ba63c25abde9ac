import type * as EC2 from "@aws-sdk/client-ec2";
import { parseCidr } from "../../../model/index.ts";
import { ec2 } from "../keys.ts";
import type { PrefixListRow } from "../rows.ts";
import { byIds, ec2Arn, ec2Page, ec2Tags, matchesFilters } from "./ec2-common.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

/** How long a modification runs on. */
const MODIFYING_MS = 1_500;

function lists(call: Call): PrefixListRow[] {
  return call.tx.list<PrefixListRow>(ec2.prefixList(call.account, call.region, "")).map((row) => row.value);
}

function listOf(call: Call, id: string | undefined): PrefixListRow {
  const [list] = byIds(lists(call), [id ?? ""], "InvalidPrefixListID.NotFound", "prefix list ID");
  if (list === undefined) throw new AwsFault("InvalidPrefixListID.NotFound", 400, `The prefix list ID '${id}' does not exist`);
  return list;
}

const isModifying = (call: Call, { version }: PrefixListRow) => call.tx.now < version.since + MODIFYING_MS;

function describe(call: Call, list: PrefixListRow): EC2.ManagedPrefixList {
  const done = list.version.number === 1 ? "create-complete" : "modify-complete";
  return {
    PrefixListId: list.id,
    PrefixListName: list.name,
    PrefixListArn: ec2Arn(call, "prefix-list", list.id),
    AddressFamily: list.family,
    MaxEntries: list.most,
    OwnerId: call.account,
    State: isModifying(call, list) ? "modify-in-progress" : done,
    Version: list.version.number,
    Tags: ec2Tags({}),
  };
}

function modify(call: Call<EC2.ModifyManagedPrefixListCommandInput>) {
  const { PrefixListId, CurrentVersion, AddEntries = [], RemoveEntries = [] } = call.input;
  const list = listOf(call, PrefixListId);
  if (isModifying(call, list))
    throw new AwsFault("IncorrectState", 400, `The prefix list ${list.id} is in state modify-in-progress`);
  if (CurrentVersion !== list.version.number) {
    throw new AwsFault("PrefixListVersionMismatch", 400, `The prefix list ${list.id} has version ${list.version.number}`);
  }
  const gone = RemoveEntries.map(({ Cidr }) => Cidr ?? "");
  const missing = gone.find((cidr) => !list.entries.some((entry) => entry.cidr === cidr));
  if (missing !== undefined) throw new AwsFault("InvalidParameterValue", 400, `The entry ${missing} is not in ${list.id}`);
  const added = AddEntries.map(({ Cidr = "", Description }) => {
    const cidr = parseCidr(Cidr);
    if (cidr === null || cidr.family !== (list.family === "IPv4" ? 4 : 6))
      throw new AwsFault("InvalidParameterValue", 400, `The CIDR ${Cidr} is invalid for ${list.id}`);
    return { cidr: cidr.text, ...(Description === undefined ? {} : { description: Description }) };
  });
  const kept = list.entries.filter((entry) => !gone.includes(entry.cidr));
  const entries = [...kept.filter((entry) => !added.some(({ cidr }) => cidr === entry.cidr)), ...added].toSorted((left, right) =>
    left.cidr < right.cidr ? -1 : 1,
  );
  if (entries.length > list.most)
    throw new AwsFault("PrefixListMaxEntriesExceeded", 400, `The prefix list ${list.id} takes ${list.most} entries`);
  const next: PrefixListRow = { ...list, entries, version: { number: list.version.number + 1, since: call.tx.now } };
  call.put("security-group", ec2.prefixList(call.account, call.region, list.id), next);
  return { PrefixList: describe(call, next) };
}

export const ec2PrefixListOperations: Operation[] = [
  operation<EC2.DescribeManagedPrefixListsCommandInput, EC2.DescribeManagedPrefixListsCommandOutput>(
    "ec2",
    "DescribeManagedPrefixLists",
    {
      iam: "ec2:DescribeManagedPrefixLists",
      answer(call) {
        const { PrefixListIds, Filters } = call.input;
        const wanted = byIds(lists(call), PrefixListIds, "InvalidPrefixListID.NotFound", "prefix list ID");
        const found = wanted.filter(({ id, name }) =>
          matchesFilters(Filters, {}, { "owner-id": [call.account], "prefix-list-id": [id], "prefix-list-name": [name] }),
        );
        const { items, rest } = ec2Page(call, found);
        return { PrefixLists: items.map((list) => describe(call, list)), ...rest };
      },
    },
  ),
  operation<EC2.GetManagedPrefixListEntriesCommandInput, EC2.GetManagedPrefixListEntriesCommandOutput>(
    "ec2",
    "GetManagedPrefixListEntries",
    {
      iam: "ec2:GetManagedPrefixListEntries",
      resource: (call) => ec2Arn(call, "prefix-list", call.input.PrefixListId),
      answer(call) {
        const entries = listOf(call, call.input.PrefixListId).entries.map((entry) => ({ id: entry.cidr, ...entry }));
        const { items, rest } = ec2Page(call, entries);
        const Entries = items.map(({ cidr, description }) => ({
          Cidr: cidr,
          ...(description === undefined ? {} : { Description: description }),
        }));
        return { Entries, ...rest };
      },
    },
  ),
  operation<EC2.ModifyManagedPrefixListCommandInput, EC2.ModifyManagedPrefixListCommandOutput>("ec2", "ModifyManagedPrefixList", {
    iam: "ec2:ModifyManagedPrefixList",
    resource: (call) => ec2Arn(call, "prefix-list", call.input.PrefixListId),
    answer: modify,
  }),
];
