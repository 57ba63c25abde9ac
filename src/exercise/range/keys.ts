/**
 * Keys of the world's rows. One row is one thing that takes effect as a whole: a policy document, a key's status, one
 * network ACL. A key ends in the name, so that a prefix lists its siblings.
 */
const aws = (account: string, rest: string) => `aws/${account}/${rest}`;

export const iam = {
  user: (account: string, name: string) => aws(account, `iam/user/${name}`),
  userPolicy: (account: string, user: string, policy: string) => aws(account, `iam/user-policy/${user}/${policy}`),
  accessKey: (account: string, id: string) => aws(account, `iam/access-key/${id}`),
  sshKey: (account: string, user: string, id: string) => aws(account, `iam/ssh-key/${user}/${id}`),
  certificate: (account: string, user: string, id: string) => aws(account, `iam/certificate/${user}/${id}`),
  serviceCredential: (account: string, user: string, id: string) => aws(account, `iam/service-credential/${user}/${id}`),
  loginProfile: (account: string, user: string) => aws(account, `iam/login-profile/${user}`),
  mfaDevice: (account: string, serial: string) => aws(account, `iam/mfa-device/${serial}`),
  role: (account: string, name: string) => aws(account, `iam/role/${name}`),
  rolePolicy: (account: string, role: string, policy: string) => aws(account, `iam/role-policy/${role}/${policy}`),
  managedPolicy: (account: string, arn: string) => aws(account, `iam/policy/${arn}`),
  /** A role session that somebody holds. */
  session: (account: string, id: string) => aws(account, `iam/session/${id}`),
} as const;

export const s3 = {
  bucket: (account: string, name: string) => aws(account, `s3/bucket/${name}`),
  policy: (account: string, bucket: string) => aws(account, `s3/policy/${bucket}`),
  lifecycle: (account: string, bucket: string) => aws(account, `s3/lifecycle/${bucket}`),
  encryption: (account: string, bucket: string) => aws(account, `s3/encryption/${bucket}`),
  publicAccessBlock: (account: string, bucket: string) => aws(account, `s3/public-access-block/${bucket}`),
  replication: (account: string, bucket: string) => aws(account, `s3/replication/${bucket}`),
  object: (account: string, bucket: string, key: string) => aws(account, `s3/object/${bucket}/${key}`),
  /** An older version, or a delete marker. Without a version: the prefix of those of all keys that begin so. */
  version: (account: string, bucket: string, key: string, version?: string) =>
    aws(account, `s3/version/${bucket}/${key}${version === undefined ? "" : `/${version}`}`),
  hold: (account: string, bucket: string, key: string, version: string) => aws(account, `s3/hold/${bucket}/${key}/${version}`),
} as const;

export const s3control = {
  grant: (account: string, region: string, id: string) => aws(account, `s3control/${region}/grant/${id}`),
} as const;

export const secretsmanager = {
  secret: (account: string, region: string, name: string) => aws(account, `secretsmanager/${region}/secret/${name}`),
  policy: (account: string, region: string, name: string) => aws(account, `secretsmanager/${region}/policy/${name}`),
  rotation: (account: string, region: string, name: string) => aws(account, `secretsmanager/${region}/rotation/${name}`),
} as const;

export const cognito = {
  client: (account: string, pool: string, id: string) => aws(account, `cognito/${regionOf(pool)}/client/${pool}/${id}`),
  user: (account: string, pool: string, name: string) => aws(account, `cognito/${regionOf(pool)}/user/${pool}/${name}`),
} as const;

export const sso = {
  set: (account: string, id: string) => aws(account, `sso/permission-set/${id}`),
  assignment: (account: string, target: string, set: string, principal: string) =>
    aws(account, `sso/assignment/${target}/${set}/${principal}`),
  inlinePolicy: (account: string, set: string) => aws(account, `sso/inline-policy/${set}`),
  /** The inline policy that the roles of a permission set have in an account: the set's own, when it was provisioned last. */
  provisioned: (account: string, target: string, set: string) => aws(account, `sso/provisioned/${target}/${set}`),
  user: (account: string, id: string) => aws(account, `sso/user/${id}`),
  group: (account: string, id: string) => aws(account, `sso/group/${id}`),
  membership: (account: string, group: string, user: string) => aws(account, `sso/membership/${group}/${user}`),
} as const;

/** The id of a user pool begins with its Region. */
const regionOf = (pool: string) => pool.split("_")[0] ?? pool;

export const dynamodb = {
  table: (account: string, region: string, name: string) => aws(account, `dynamodb/${region}/table/${name}`),
  policy: (account: string, region: string, table: string) => aws(account, `dynamodb/${region}/policy/${table}`),
  item: (account: string, region: string, table: string, key: string) => aws(account, `dynamodb/${region}/item/${table}/${key}`),
} as const;

export const ec2 = {
  vpc: (account: string, region: string, id: string) => aws(account, `ec2/${region}/vpc/${id}`),
  subnet: (account: string, region: string, id: string) => aws(account, `ec2/${region}/subnet/${id}`),
  acl: (account: string, region: string, id: string) => aws(account, `ec2/${region}/acl/${id}`),
  group: (account: string, region: string, id: string) => aws(account, `ec2/${region}/group/${id}`),
  instance: (account: string, region: string, id: string) => aws(account, `ec2/${region}/instance/${id}`),
  networkInterface: (account: string, region: string, id: string) => aws(account, `ec2/${region}/eni/${id}`),
  snapshot: (account: string, region: string, id: string) => aws(account, `ec2/${region}/snapshot/${id}`),
  prefixList: (account: string, region: string, id: string) => aws(account, `ec2/${region}/prefix-list/${id}`),
  /** The mode of VPC Block Public Access; a Region has one. */
  internetBlock: (account: string, region: string) => aws(account, `ec2/${region}/internet-block`),
  internetExclusion: (account: string, region: string, id: string) => aws(account, `ec2/${region}/internet-exclusion/${id}`),
  /** A connection that somebody opened. */
  flow: (account: string, region: string, id: string) => aws(account, `ec2/${region}/flow/${id}`),
} as const;

export const elbv2 = {
  /** `id` as at the end of its ARN: `app/NAME/1a2b…`. */
  loadBalancer: (account: string, region: string, id: string) => aws(account, `elbv2/${region}/load-balancer/${id}`),
  /** `app/NAME/1a2b…/2a3b…` */
  listener: (account: string, region: string, id: string) => aws(account, `elbv2/${region}/listener/${id}`),
  targetGroup: (account: string, region: string, id: string) => aws(account, `elbv2/${region}/target-group/${id}`),
} as const;

export const rds = {
  /** `db-instance/NAME`, `db-cluster/NAME` or `db-proxy/NAME`. */
  database: (account: string, region: string, id: string) => aws(account, `rds/${region}/database/${id}`),
} as const;

export const autoscaling = {
  group: (account: string, region: string, name: string) => aws(account, `autoscaling/${region}/group/${name}`),
  member: (account: string, region: string, instance: string) => aws(account, `autoscaling/${region}/member/${instance}`),
} as const;

export const kms = {
  key: (account: string, region: string, id: string) => aws(account, `kms/${region}/key/${id}`),
  policy: (account: string, region: string, id: string) => aws(account, `kms/${region}/policy/${id}`),
  alias: (account: string, region: string, name: string) => aws(account, `kms/${region}/alias/${name}`),
} as const;

export const eks = {
  cluster: (account: string, region: string, name: string) => aws(account, `eks/${region}/cluster/${name}`),
  entry: (account: string, region: string, cluster: string, principal: string) =>
    aws(account, `eks/${region}/entry/${cluster}/${principal}`),
} as const;

export const networkfirewall = {
  ruleGroup: (account: string, region: string, name: string) => aws(account, `networkfirewall/${region}/rule-group/${name}`),
} as const;

export const cloudfront = {
  distribution: (account: string, id: string) => aws(account, `cloudfront/distribution/${id}`),
} as const;

export const wafv2 = {
  /** CLOUDFRONT sets live in us-east-1. */
  ipSet: (account: string, region: string, scope: string, id: string) => aws(account, `wafv2/${region}/${scope}/${id}`),
  webAcl: (account: string, region: string, scope: string, id: string) => aws(account, `wafv2/${region}/web-acl/${scope}/${id}`),
  ruleGroup: (account: string, region: string, scope: string, id: string) =>
    aws(account, `wafv2/${region}/rule-group/${scope}/${id}`),
} as const;

/** Rows of the organization are the management account's. */
export const organizations = {
  membership: (account: string) => aws(account, `organizations/global/membership/${account}`),
  unit: (management: string, id: string) => aws(management, `organizations/global/unit/${id}`),
  policy: (management: string, id: string) => aws(management, `organizations/global/policy/${id}`),
  attachments: (management: string, target: string) => aws(management, `organizations/global/attachments/${target}`),
} as const;
