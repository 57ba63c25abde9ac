import { millis } from "../../model/index.ts";
import { authorize, type Credentials } from "./aws/authorize.ts";
import { keyWorks } from "./aws/kms.ts";
import { effectiveNsg, groupPasses } from "./azure/index.ts";
import {
  ACCOUNT,
  ATTACKER_IPV4,
  ATTACKER_IPV6,
  BUCKET,
  EDGE_NSG,
  EDGE_NSG_GROUP,
  INTRUDER_KEY,
  REGION,
  SUBSCRIPTION,
  TENANT_KEYS,
} from "./estate.ts";
import { iam } from "./keys.ts";
import { connects, flowsOf, ipSets, peersOf, setCovers, stillFlows, wallOf } from "./packets.ts";
import type { SessionRow } from "./rows.ts";
import type { Transaction, World } from "./world.ts";

/** One of the attacker's standing questions and what came of it. `wanted: "open"` marks somebody whom containment must not hit. */
export type Probe = {
  readonly id: string;
  /** A sentence: "the stolen key reads acme's invoices". */
  readonly probe: string;
  readonly open: boolean;
  readonly detail: string;
  readonly wanted: "blocked" | "open";
};

export interface Attacker {
  probe(): Promise<readonly Probe[]>;
}

type Look = { readonly open: boolean; readonly detail: string };
type Standing = { readonly id: string; readonly probe: string; readonly wanted?: "open"; look(tx: Transaction): Look };

const invoices = (tenant: string) => `arn:aws:s3:::${BUCKET}/tenants/${tenant}/invoices.csv`;
const keyOf = (tenant: keyof typeof TENANT_KEYS) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${TENANT_KEYS[tenant]}`;
const stolenKey: Credentials = { kind: "access-key", account: ACCOUNT, id: INTRUDER_KEY };
const place = { account: ACCOUNT, region: REGION };

const STANDING: readonly Standing[] = [
  {
    id: "key-reads-data",
    probe: "the stolen key reads acme's invoices",
    look: (tx) => called(tx, stolenKey, "s3:GetObject", invoices("acme")),
  },
  {
    id: "key-calls-iam",
    probe: "the stolen key makes itself another key",
    look: (tx) => called(tx, stolenKey, "iam:CreateAccessKey", "*"),
  },
  {
    id: "app-session-reads-data",
    probe: "the stolen session of app-data reads acme's invoices",
    look: (tx) => bySession(tx, "app-data", "s3:GetObject", invoices("acme")),
  },
  {
    id: "app-session-decrypts",
    probe: "the stolen session of app-data decrypts with acme's key",
    look: (tx) => bySession(tx, "app-data", "kms:Decrypt", keyOf("acme")),
  },
  {
    id: "worker-session-reads-data",
    probe: "the stolen session of acme-worker reads acme's invoices",
    look: (tx) => bySession(tx, "acme-worker", "s3:GetObject", invoices("acme")),
  },
  {
    id: "new-connection-ipv4",
    probe: `a new connection from ${ATTACKER_IPV4} reaches i-0acme01`,
    look: (tx) => fromOutside(tx, ATTACKER_IPV4),
  },
  {
    id: "new-connection-ipv6",
    probe: `a new connection from ${ATTACKER_IPV6} reaches i-0acme01`,
    look: (tx) => fromOutside(tx, ATTACKER_IPV6),
  },
  {
    id: "web-ipv4",
    probe: `a web request from ${ATTACKER_IPV4} passes the firewall`,
    look: (tx) => throughFirewall(tx, ATTACKER_IPV4),
  },
  {
    id: "web-ipv6",
    probe: `a web request from ${ATTACKER_IPV6} passes the firewall`,
    look: (tx) => throughFirewall(tx, ATTACKER_IPV6),
  },
  {
    id: "azure-connection-ipv4",
    probe: `a new connection from ${ATTACKER_IPV4} reaches the Azure front`,
    look: (tx) => throughGroup(tx, ATTACKER_IPV4),
  },
  {
    id: "azure-connection-ipv6",
    probe: `a new connection from ${ATTACKER_IPV6} reaches the Azure front`,
    look: (tx) => throughGroup(tx, ATTACKER_IPV6),
  },
  { id: "open-shell", probe: "the shell that is open on i-0acme01 still answers", look: (tx) => onFlow(tx, "flow-shell") },
  { id: "open-web-shell", probe: "the web shell that is open on i-0acme01 still answers", look: (tx) => onFlow(tx, "flow-web") },
  {
    id: "globex-portal-works",
    probe: "globex's own portal reads globex's invoices",
    wanted: "open",
    look: (tx) =>
      called(tx, { kind: "access-key", account: ACCOUNT, id: "AKIAGLOBEXPORTAL0001" }, "s3:GetObject", invoices("globex")),
  },
  {
    id: "globex-host-works",
    probe: "globex's customers reach globex's host",
    wanted: "open",
    look: (tx) => reaches(tx, "eni-0globex01", "192.0.2.10"),
  },
  {
    id: "azure-serves-customers",
    probe: "customers reach the Azure front",
    wanted: "open",
    look: (tx) => throughGroup(tx, "192.0.2.10"),
  },
  {
    id: "app-serves-globex",
    probe: "the application reads globex's invoices with a fresh session",
    wanted: "open",
    look: (tx) => called(tx, freshSession(tx, "app-data"), "s3:GetObject", invoices("globex")),
  },
  {
    id: "app-decrypts-globex",
    probe: "the application decrypts with globex's key with a fresh session",
    wanted: "open",
    look: (tx) => called(tx, freshSession(tx, "app-data"), "kms:Decrypt", keyOf("globex")),
  },
];

/** Asks with what the attacker holds, at the moment of asking. */
export function rangeAttacker(world: World): Attacker {
  return {
    async probe() {
      return world.transact((tx) =>
        STANDING.map(({ id, probe, wanted, look }) => ({ id, probe, wanted: wanted ?? ("blocked" as const), ...look(tx) })),
      );
    },
  };
}

function called(tx: Transaction, who: Credentials, action: string, resource: string): Look {
  const verdict = authorize(tx, who, action, resource);
  if (!keyWorks(tx, action, resource)) return { open: false, detail: `${action} is refused: the key is not enabled` };
  if (verdict.effect === "allow") return { open: true, detail: `${action} is answered` };
  const why =
    verdict.effect === "bad-credentials" ? "the credentials are refused" : `${verdict.effect} by ${verdict.by.policy} policy`;
  return { open: false, detail: `${action} is refused: ${why}` };
}

function freshSession(tx: Transaction, role: string): Credentials {
  return { kind: "role-session", account: ACCOUNT, role, session: "fresh", issued: tx.now };
}

function bySession(tx: Transaction, role: string, action: string, resource: string): Look {
  const session = tx.listEffective<SessionRow>(iam.session(ACCOUNT, "")).find((row) => row.value.role === role)?.value;
  if (session === undefined) return { open: false, detail: "nobody holds a session" };
  if (millis(session.expires) <= tx.now) return { open: false, detail: `the session expired at ${session.expires}` };
  const who: Credentials = {
    kind: "role-session",
    account: ACCOUNT,
    role,
    session: session.name,
    issued: millis(session.issued),
  };
  return called(tx, who, action, resource);
}

function reaches(tx: Transaction, nic: string, peer: string): Look {
  const wall = wallOf(tx, place, nic);
  const open = wall !== null && connects(wall, peersOf(peer), "in", 443);
  return { open, detail: open ? "port 443 answers" : "no answer on port 443" };
}

function fromOutside(tx: Transaction, peer: string): Look {
  return reaches(tx, "eni-0acme01", peer);
}

function throughFirewall(tx: Transaction, peer: string): Look {
  const [address] = peersOf(peer);
  const set = ipSets(tx, place).find((candidate) => address !== undefined && setCovers(candidate, address));
  return set === undefined
    ? { open: true, detail: "no IP set names the address" }
    : { open: false, detail: `refused by IP set ${set.name}` };
}

function throughGroup(tx: Transaction, peer: string): Look {
  const group = effectiveNsg(tx, SUBSCRIPTION, EDGE_NSG_GROUP, EDGE_NSG);
  const open = group !== null && groupPasses(group, peersOf(peer), "in", 443);
  return { open, detail: open ? "port 443 answers" : "no answer on port 443" };
}

function onFlow(tx: Transaction, id: string): Look {
  const flow = flowsOf(tx, place).find((candidate) => candidate.id === id);
  if (flow === undefined) return { open: false, detail: "the connection is closed" };
  const open = stillFlows(tx, place, flow);
  const kind = flow.tracked ? "a tracked flow" : "an untracked flow";
  return { open, detail: `${flow.what} from ${flow.peer}, ${kind}, ${open ? "still passes" : "is cut"}` };
}
