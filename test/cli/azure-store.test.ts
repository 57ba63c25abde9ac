import assert from "node:assert/strict";
import { test } from "node:test";
import { azureServer, Container } from "../stores/azure-server.ts";
import { ACCOUNT, KEY } from "../stores/azurite.ts";
import { Company } from "./company.ts";

test("a log is copied to Azure Blob, and doctor says what keeps it there", async (t) => {
  const container = new Container();
  const endpoint = await azureServer(t, container);
  const place = `kind: azure-blob, account: ${ACCOUNT}, container: log, prefix: prod, endpoint: "${endpoint}"`;
  const company = await Company.found(t, `audit: { stores: [ { ${place} } ] }\n`);
  company.env = { AZURE_STORAGE_CONNECTION_STRING: `AccountName=${ACCOUNT};AccountKey=${KEY}` };
  const declared = await company.run(["incident", "declare", "--title", "x", "--severity", "2"]);
  assert.equal(declared.code, 0, declared.err);
  assert.ok(container.asked.includes("PUT /log/prod/batch/000000000000"), container.asked.join("\n"));
  const unlocked = await company.run(["doctor"]);
  assert.match(unlocked.out, /ok +store azure-blob:devstoreaccount1\/log\/prod up to date/);
  assert.match(unlocked.out, /warn store azure-blob:devstoreaccount1\/log\/prod immutability: neither/);
  container.properties = { "x-ms-has-immutability-policy": "true" };
  assert.match((await company.run(["doctor"])).out, /ok +store azure-blob:devstoreaccount1\/log\/prod an immutability policy/);
  container.fault = () => ({ status: 403, code: "AuthorizationFailure" });
  const sync = await company.run(["audit", "sync"]);
  assert.match(sync.out + sync.err, /AuthorizationFailure: It is so/);
  assert.ok(!(sync.out + sync.err).includes(KEY));
});
