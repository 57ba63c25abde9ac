import { statfs } from "node:fs/promises";
import { ErError } from "../model/index.ts";
import { onDisk } from "./disk.ts";

/** What kind of file system the log would lie on. `unknown` may be a disk or a network. */
export type Ground = { readonly kind: "disk" | "network" | "memory" | "unknown"; readonly name: string };

/** By the number that Linux gives a file system (statfs(2)); other systems number theirs otherwise, and none of these. */
const GROUNDS: ReadonlyMap<number, Ground> = new Map([
  [0x6969, { kind: "network", name: "NFS" }],
  [0x517b, { kind: "network", name: "SMB" }],
  [0xff534d42, { kind: "network", name: "CIFS" }],
  [0xfe534d42, { kind: "network", name: "SMB" }],
  [0x01021997, { kind: "network", name: "9P" }],
  [0x5346414f, { kind: "network", name: "AFS" }],
  [0x73757245, { kind: "network", name: "Coda" }],
  [0x00c36400, { kind: "network", name: "Ceph" }],
  [0x0bd00bd0, { kind: "network", name: "Lustre" }],
  [0x47504653, { kind: "network", name: "GPFS" }],
  [0x19830326, { kind: "network", name: "BeeGFS" }],
  [0x01161970, { kind: "network", name: "GFS2" }],
  [0x7461636f, { kind: "network", name: "OCFS2" }],
  [0x01021994, { kind: "memory", name: "tmpfs" }],
  [0x858458f6, { kind: "memory", name: "ramfs" }],
  [0x65735546, { kind: "unknown", name: "FUSE" }],
]);

/** Errors: `audit-unavailable`. */
export async function groundOf(folder: string): Promise<Ground> {
  const { type } = await onDisk(folder, () => statfs(folder));
  return GROUNDS.get(type) ?? { kind: "disk", name: "" };
}

/**
 * A network's file system neither keeps two machines from writing at once nor says reliably what is on disk. Errors:
 * `audit-unavailable`.
 */
export async function refuseNetwork(folder: string): Promise<void> {
  const { kind, name } = await groundOf(folder);
  if (kind !== "network") return;
  throw new ErError(
    "audit-unavailable",
    `the audit log cannot be written in "${folder}": it lies on a network file system (${name})`,
    {
      hints: [
        "keep the log on a disk of this machine: --home FOLDER or SOC2_ER_HOME=FOLDER",
        "a share is for a copy: audit: { stores: [ { kind: directory, path: FOLDER } ] }",
      ],
    },
  );
}
