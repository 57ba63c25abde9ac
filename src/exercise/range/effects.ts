import { type EffectAnswer, type EffectObserver, type EffectQuestion, millis, overlaps } from "../../model/index.ts";
import { type ContextValues, evaluate, parsePolicy } from "../../planner/policy/index.ts";
import { ALLOW_ALL, allowedByOwn, authorize, type Credentials } from "./aws/authorize.ts";
import { findSecret } from "./aws/find-secret.ts";
import { keyWorks } from "./aws/kms.ts";
import { cloudfront, cognito, ec2, eks, elbv2, iam, networkfirewall, rds, sso } from "./keys.ts";
import { actionFor } from "./listener.ts";
import {
  aclPasses,
  balancerPasses,
  connects,
  flowsOf,
  internetPasses,
  ipSets,
  memberPasses,
  peersOf,
  setCovers,
  stillFlows,
  wallOf,
  without,
} from "./packets.ts";
import type {
  AclRow,
  AssignmentRow,
  DistributionRow,
  LoadBalancerRow,
  PolicyRow,
  PoolUserRow,
  PrefixListRow,
  RoleRow,
  RuleGroupRow,
  SubnetRow,
  UserRow,
} from "./rows.ts";
import { dropsFrom } from "./rule-group.ts";
import type { DatabaseRow, ListenerRow } from "./service-rows.ts";
import { distributionPasses, webAclNamed, webAclPasses } from "./web-acl.ts";
import type { Transaction, World } from "./world.ts";

type CallQuestion = Extract<EffectQuestion, { kind: "aws-call" }>;
type SignInQuestion = Extract<EffectQuestion, { kind: "sign-in" }>;
type FlowQuestion = Extract<EffectQuestion, { kind: "flow" }>;

/** Answers the attacker's questions by what is enforced at this moment, not by what is configured. */
export function rangeEffects(world: World, azure: EffectObserver): EffectObserver {
  return {
    async ask(question) {
      if (question.kind === "flow" && question.provider === "azure") return azure.ask(question);
      return world.transact((tx) => {
        if (question.kind === "sign-in") return askSignIn(tx, question);
        if (question.kind === "portal") return askPortal(tx, question);
        if (question.kind === "cluster") return askCluster(tx, question);
        if (question.kind === "request") return askRequest(tx, question);
        return question.kind === "aws-call" ? askCall(tx, question) : askFlow(tx, question);
      });
    },
  };
}

/** Requests are asked for by their host alone: the first rule that names it, or no host, takes them. */
function askRequest(tx: Transaction, question: Extract<EffectQuestion, { kind: "request" }>): EffectAnswer {
  const { account, region, host } = question;
  const listener = tx.effective<ListenerRow>(elbv2.listener(account, region, question.listener));
  if (listener === null) return "blocked";
  return actionFor(listener, host)?.["Type"] === "fixed-response" ? "blocked" : "open";
}

type PortalQuestion = Extract<EffectQuestion, { kind: "portal" }>;

function askPortal(tx: Transaction, question: PortalQuestion): EffectAnswer {
  if (question.session === "issued") return askIssued(tx, question);
  const { account, user, grant } = question;
  const [target = "", set] = grant.split("/");
  const key = set === undefined ? sso.membership(account, grant, user) : sso.assignment(account, target, set, user);
  return tx.effective(sso.user(account, user)) !== null && tx.effective(key) !== null ? "open" : "blocked";
}

function askCluster(
  tx: Transaction,
  { account, region, cluster, principal }: Extract<EffectQuestion, { kind: "cluster" }>,
): EffectAnswer {
  return tx.effective(eks.entry(account, region, cluster, principal)) !== null ? "open" : "blocked";
}

/** What the roles of the set allow is left out: a session that nothing denies is taken to do something. */
function askIssued(tx: Transaction, { account, user, grant: set }: PortalQuestion): EffectAnswer {
  const assigned = tx.listEffective<AssignmentRow>(sso.assignment(account, "", "", "").slice(0, -2));
  const targets = assigned.filter(({ value }) => value.set === set).map(({ value }) => value.target);
  const passes = (target: string) => {
    const policy = tx.effective<PolicyRow>(sso.provisioned(account, target, set));
    const identity = [ALLOW_ALL, ...(policy === null ? [] : [parsePolicy(policy.document)])];
    const caller = { arn: `arn:aws:iam::${target}:role/${set}`, account: target, kind: "role-session" } as const;
    const request = { caller, action: "sts:AssumeRole", resource: "*", context: { "identitystore:userId": user } };
    return evaluate(request, { identity }).effect === "allow";
  };
  return targets.some(passes) ? "open" : "blocked";
}

function askSignIn(tx: Transaction, { account, directory, user }: SignInQuestion): EffectAnswer {
  return tx.effective<PoolUserRow>(cognito.user(account, directory, user))?.enabled === true ? "open" : "blocked";
}

function askCall(tx: Transaction, question: CallQuestion): EffectAnswer {
  const { account, as } = question;
  const who = callers(tx, account, as);
  if (question.operation === "*") return who.some((one) => mayAnything(tx, one)) ? "open" : "blocked";
  const resource = wholeArn(tx, question);
  const action = policyAction(question);
  if (who.length === 0 || !keyWorks(tx, action, resource)) return "blocked";
  const context = { ...contextOf(action, resource), ...question.context };
  return who.some((credentials) => authorize(tx, credentials, action, resource, context).effect === "allow") ? "open" : "blocked";
}

function mayAnything(tx: Transaction, who: Credentials): boolean {
  return allowedByOwn(tx, who).some(({ action, resource }) => authorize(tx, who, action, resource).effect === "allow");
}

/** A secret may be asked for without the characters that Secrets Manager adds to its name; policies compare the whole. */
function wholeArn(tx: Transaction, { account, resource }: CallQuestion): string {
  const region = /^arn:aws:secretsmanager:([^:]+):/.exec(resource)?.[1];
  return (region && findSecret(tx, account, region, resource)?.arn) || resource;
}

function callers(tx: Transaction, account: string, as: CallQuestion["as"]): readonly Credentials[] {
  if ("user" in as) return [{ kind: "user", account, name: as.user }];
  if ("accessKeyId" in as) return [{ kind: "access-key", account, id: as.accessKeyId }];
  if ("session" in as) return [{ kind: "role-session", account, ...as, issued: tx.now }];
  if ("role" in as) {
    // Issue times have seconds: one second earlier is certainly before.
    const issued = millis(as.issuedBefore) - 1000;
    return [{ kind: "role-session", account, role: as.role, session: "asked", issued }];
  }
  const exempt = (arn: string) => as.anyoneBut.includes(arn);
  const users = tx.listEffective<UserRow>(iam.user(account, "")).map((row) => row.value);
  const roles = tx.listEffective<RoleRow>(iam.role(account, "")).map((row) => row.value);
  return [
    ...users
      .filter((user) => !exempt(`arn:aws:iam::${account}:user${user.path}${user.name}`))
      .map((user) => ({ kind: "user" as const, account, name: user.name })),
    ...roles
      .filter((role) => !exempt(`arn:aws:iam::${account}:role${role.path}${role.name}`))
      .map((role) => ({ kind: "role-session" as const, account, role: role.name, session: "asked", issued: tx.now })),
  ];
}

/** SDK operations that the policy language calls otherwise. */
const POLICY_NAMES: { readonly [operation: string]: string } = {
  ListObjectsV2: "ListBucket",
  ListObjects: "ListBucket",
  HeadObject: "GetObject",
  HeadBucket: "ListBucket",
  ListBuckets: "ListAllMyBuckets",
};

/** `GetObject` on an S3 ARN is `s3:GetObject`. */
function policyAction({ operation, resource }: CallQuestion): string {
  const [service, name] = operation.includes(":") ? operation.split(":", 2) : [resource.split(":")[2] ?? "", operation];
  return `${service}:${POLICY_NAMES[name ?? ""] ?? name}`;
}

/** A list of a tenant's prefix is asked as `arn:aws:s3:::bucket/tenants/acme/`: the permission is the bucket's, the prefix a condition. */
function contextOf(action: string, resource: string): ContextValues {
  const prefix = /^arn:aws:s3:::[^/]+\/(.*)$/.exec(resource)?.[1];
  return action === "s3:ListBucket" && prefix !== undefined ? { "s3:prefix": prefix } : {};
}

function askFlow(tx: Transaction, question: FlowQuestion): EffectAnswer {
  const spared = (question.but ?? []).flatMap(peersOf);
  const peers = spared.reduce((rest, hole) => rest.flatMap((peer) => without(peer, hole)), peersOf(question.peer));
  if (peers.length === 0) return "unknown";
  const directions = question.direction === "both" ? (["in", "out"] as const) : [question.direction];
  const open = (yes: boolean): EffectAnswer => (yes ? "open" : "blocked");
  // Stateless walls treat the packets of open connections as any other.
  const acl = tx.effective<AclRow>(ec2.acl(question.account, question.region, question.at));
  if (acl !== null) return open(directions.some((direction) => aclPasses(acl, peers, direction)));
  const set = ipSets(tx, question).find((candidate) => candidate.id === question.at || candidate.name === question.at);
  if (set !== undefined) return open(peers.some((peer) => !setCovers(set, peer)));
  const subnet = tx.effective<SubnetRow>(ec2.subnet(question.account, question.region, question.at));
  const border = subnet && tx.effective<AclRow>(ec2.acl(question.account, question.region, subnet.acl));
  if (border) return open(directions.some((direction) => aclPasses(border, peers, direction)));
  const list = tx.effective<PrefixListRow>(ec2.prefixList(question.account, question.region, question.at));
  if (list !== null)
    return open(list.entries.some(({ cidr }) => peersOf(cidr).some((entry) => peers.some((peer) => overlaps(entry, peer)))));
  const balancer = tx.effective<LoadBalancerRow>(elbv2.loadBalancer(question.account, question.region, question.at));
  if (balancer !== null) return open(directions.some((direction) => balancerPasses(tx, question, balancer, peers, direction)));
  const database = tx.effective<DatabaseRow>(rds.database(question.account, question.region, question.at));
  if (database !== null)
    return open(directions.some((direction) => memberPasses(tx, question, database.groups, peers, direction)));
  const group = tx.effective<RuleGroupRow>(networkfirewall.ruleGroup(question.account, question.region, question.at));
  if (group !== null) return open(peers.some((peer) => !dropsFrom(group, peer)));
  const webAcl = webAclNamed(tx, question, question.at);
  if (webAcl !== null) return open(webAclPasses(tx, question, webAcl, peers));
  const whole = internetPasses(tx, question, directions);
  if (whole !== null) return open(whole);
  const distribution = tx.effective<DistributionRow>(cloudfront.distribution(question.account, question.at));
  if (distribution !== null) return open(distributionPasses(tx, question.account, distribution, peers));
  const wall = wallOf(tx, question, question.at);
  if (wall === null) return "unknown";
  if (!question.established) return open(directions.some((direction) => connects(wall, peers, direction)));
  const flows = flowsOf(tx, question).filter((flow) => flow.interface === question.at);
  return open(
    flows.some(
      (flow) => peersOf(flow.peer).some((peer) => peers.some((asked) => overlaps(asked, peer))) && stillFlows(tx, question, flow),
    ),
  );
}
