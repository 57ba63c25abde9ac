import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets another partner in",
  async edit(bench, resource) {
    type Found = { PrefixLists: { Version: number }[] };
    const named = { PrefixListIds: [resource.id] };
    const { PrefixLists } = (await bench.aws("ec2", "DescribeManagedPrefixLists", named, resource)) as Found;
    const AddEntries = [{ Cidr: "192.0.2.128/25", Description: "partner Umbrella" }];
    const CurrentVersion = PrefixLists[0]?.Version;
    await bench.aws("ec2", "ModifyManagedPrefixList", { PrefixListId: resource.id, CurrentVersion, AddEntries }, resource);
    await bench.clock.sleep(5_000);
  },
  kept: (state) => JSON.stringify(state).includes("partner Umbrella"),
};
