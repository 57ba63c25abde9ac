import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { azureBlobStore } from "../../src/audit/stores/azure-blob.ts";
import { storesFrom } from "../../src/audit/stores/open.ts";
import { type Store, StoreError } from "../../src/audit/stores/store.ts";
import { systemClock } from "../../src/model/index.ts";
import { bench } from "../audit/bench.ts";
import { LEFT_OUT, LONG } from "../emulator/long.ts";
import { azureServer, Container } from "./azure-server.ts";
import { ACCOUNT, KEY, sasOf, startAzurite } from "./azurite.ts";
import { BATCH, bytes, keepsItsPromises, MOST, readsTheStart, text } from "./promises.ts";
import { writeAtOnce } from "./writers.ts";

const started = await startAzurite({ after });
const azurite = "missing" in started ? null : started;
const skip = "missing" in started ? started.missing : false;

const refuses = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error));
  assert.match(error.message, reason);
  return true;
};

async function store(container: string, options = {}): Promise<Store> {
  return (await azurite?.store(container, options)) ?? assert.fail();
}

test("a container of Azurite", { skip }, async (t) => {
  await keepsItsPromises(t, await store("promises"));
  await t.test("of a long object the start is read", async () => readsTheStart(await store("promises")));
  await t.test("under a prefix that needs quoting", async () => {
    const odd = await store("promises", { prefix: "prod & test/a+b %/" });
    assert.equal(await odd.create(BATCH, bytes("one")), "created");
    assert.equal(text(await odd.read(BATCH, MOST)), "one");
  });
  await t.test("that does not exist is named", async () => {
    const lost = azureBlobStore({
      ...{ name: "azure-blob:lost", account: ACCOUNT, container: "lost", prefix: "" },
      ...{ clock: systemClock, env: azurite?.env ?? {}, deadlineMs: 5_000 },
    });
    await assert.rejects(lost.create(BATCH, bytes("one")), refuses(/"lost" of "devstoreaccount1": ContainerNotFound/));
    await assert.rejects(lost.read(BATCH, MOST), refuses(/ContainerNotFound/));
  });
  await t.test("of many that create at once exactly one is told so, in every round", async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => store("rounds")));
    for (let round = 0; round < 10; round++) {
      const name = `batch/${String(round).padStart(12, "0")}`;
      const told = await Promise.all(stores.map((one, n) => one.create(name, bytes(`writer ${n}`))));
      assert.equal(told.filter((answer) => answer === "created").length, 1);
      assert.equal(text(await store("rounds").then((one) => one.read(name, MOST))), `writer ${told.indexOf("created")}`);
    }
  });
});

test("a signature that may create and read, and not list, is enough; one that may not create says so", { skip }, async () => {
  await store("shared");
  const endpoint = azurite?.endpoint ?? "";
  const env = (sas: string) => ({
    AZURE_STORAGE_CONNECTION_STRING: `BlobEndpoint=${endpoint};AccountName=${ACCOUNT};SharedAccessSignature=${sas}`,
  });
  const bearer = await store("shared", { env: env(sasOf("shared", "rcw")) });
  assert.equal(await bearer.read(BATCH, MOST), null);
  assert.equal(await bearer.create(BATCH, bytes("one")), "created");
  assert.equal(await bearer.create(BATCH, bytes("two")), "exists");
  assert.equal(text(await bearer.read(BATCH, MOST)), "one");
  const reader = await store("shared", { env: env(sasOf("shared", "rl")) });
  await assert.rejects(
    reader.create("batch/000000000001", bytes("x")),
    refuses(/cannot write batch\/000000000001 .*Authorization/),
  );
  const wrong = await store("shared", { env: env(sasOf("another", "rcl")) });
  await assert.rejects(wrong.read(BATCH, MOST), refuses(/Authori|Authenti/));
});

test("machines that write at once on Azurite: nothing is lost or doubled", { skip }, async (t) => {
  await writeAtOnce(await bench(t), () => store("few"), { writers: 3, notes: 20 });
});

test("eight machines write fifty entries each on Azurite, and few seals are in vain", {
  skip: LONG ? skip : LEFT_OUT,
}, async (t) => {
  const handed = await writeAtOnce(await bench(t), () => store("many"));
  t.diagnostic(JSON.stringify(handed));
  assert.ok(handed.signatures < 1.5 * handed.batches, JSON.stringify(handed));
});

/** A store at a server of ours, which behaves as the service where Azurite does not. */
async function double(t: TestContext, deadlineMs = 2_000): Promise<{ container: Container; store: Store }> {
  const container = new Container();
  const endpoint = await azureServer(t, container);
  const env = { AZURE_STORAGE_CONNECTION_STRING: `AccountName=${ACCOUNT};AccountKey=${KEY}` };
  const place = { name: "azure-blob:double", account: ACCOUNT, endpoint, container: "log", prefix: "log/" };
  return { container, store: azureBlobStore({ ...place, clock: systemClock, env, deadlineMs }) };
}

test("an account with versions", async (t) => {
  const { container, store } = await double(t);
  await keepsItsPromises(t, store);
  await t.test("keeps the first version, whatever is put over it or deleted", async () => {
    const name = "batch/000000000042";
    await store.create(name, bytes("first"));
    container.put(`log/${name}`, bytes("second"), false);
    assert.equal(text(await store.read(name, MOST)), "first");
    container.delete(`log/${name}`);
    assert.equal(text(await store.read(name, MOST)), "first");
    assert.equal(await store.create(name, bytes("third")), "created", "the service takes the name for free");
    assert.equal(text(await store.read(name, MOST)), "first", "and it is not");
  });
  await t.test("of many versions the first is found over several pages", async () => {
    const name = "batch/000000000043";
    container.page = 2;
    await store.create(name, bytes("first"));
    for (let n = 0; n < 6; n++) container.put(`log/${name}`, bytes(`later ${n}`), false);
    assert.equal(text(await store.read(name, MOST)), "first");
    container.page = 5_000;
  });
  await t.test("whose first version was deleted says so: the place is not free", async () => {
    const name = "batch/000000000044";
    await store.create(name, bytes("first"));
    container.deleteVersions(`log/${name}`);
    await assert.rejects(store.read(name, MOST), refuses(/batch\/000000000044 was deleted in container "log"/));
  });
});

test("an account without versions", async (t) => {
  const { container, store } = await double(t);
  container.versions = false;
  await keepsItsPromises(t, store);
  await t.test("that keeps what was deleted: the place is not free", async () => {
    container.delete(`log/${BATCH}`);
    await assert.rejects(store.read(BATCH, MOST), refuses(/was deleted/));
  });
});

test("what the service may answer to the creation of an object", async (t) => {
  const { container, store } = await double(t, 500);
  let number = 0;
  const create = async (fault: Container["fault"]) => {
    container.fault = fault;
    const name = `batch/${String(++number).padStart(12, "0")}`;
    const before = container.asked.length;
    try {
      return await store.create(name, bytes("x"));
    } finally {
      container.fault = null;
      assert.equal(container.asked.length - before, 1, "it is sent once");
    }
  };
  assert.equal(await create(() => ({ status: 412, code: "ConditionNotMet" })), "exists");
  assert.equal(await create(() => ({ status: 409, code: "BlobAlreadyExists" })), "exists");
  assert.equal(await create(() => ({ status: 409, code: "BlobImmutableDueToPolicy" })), "exists");
  assert.equal(await create(() => ({ status: 403, code: "UnauthorizedBlobOverwrite" })), "exists");
  await assert.rejects(
    create(() => ({ status: 409, code: "ContainerBeingDeleted" })),
    refuses(/ContainerBeingDeleted: It is so/),
  );
  await assert.rejects(
    create(() => ({ status: 503, code: "ServerBusy" })),
    refuses(/cannot write .*ServerBusy/),
  );
  await assert.rejects(
    create(() => ({ status: 500, code: "InternalError" })),
    refuses(/InternalError/),
  );
  await assert.rejects(
    create(() => ({ status: 307, code: "Elsewhere" })),
    refuses(/Elsewhere/),
  );
  await assert.rejects(
    create(() => "silent"),
    refuses(/no answer within 0.5 s/),
  );
  await assert.rejects(
    create(() => "lost"),
    refuses(/cannot write/),
  );
  const lost = `batch/${String(number).padStart(12, "0")}`;
  assert.equal(text(await store.read(lost, MOST)), "x", "it was created all the same");
});

test("what keeps a container from being changed is told as far as it says", async (t) => {
  const { container, store } = await double(t);
  const look = async () => {
    const [found] = (await store.safeguards?.()) ?? [];
    return `${found?.what} ${found?.state}: ${found?.detail}`;
  };
  assert.match(await look(), /^immutability off: neither/);
  container.properties = { "x-ms-has-immutability-policy": "true" };
  assert.match(await look(), /^immutability on: an immutability policy; whether it is locked/);
  container.properties = { "x-ms-has-legal-hold": "true" };
  assert.match(await look(), /^immutability on: a legal hold/);
  container.properties = { "x-ms-immutable-storage-with-versioning-enabled": "true" };
  assert.match(await look(), /^immutability unknown: version-level/);
  await store.create(BATCH, bytes("one"));
  assert.match(await look(), /^immutability off: the first batch is under no policy/);
  container.policy = {
    "x-ms-immutability-policy-until-date": "Fri, 01 Mar 2030 00:00:00 GMT",
    "x-ms-immutability-policy-mode": "unlocked",
  };
  assert.match(await look(), /^immutability off: .*2030.*can be shortened/);
  container.policy = { ...container.policy, "x-ms-immutability-policy-mode": "locked" };
  assert.match(await look(), /^immutability on: the first batch is kept until .*2030/);
});

test("a connection string of another account is left alone", async () => {
  const env = { AZURE_STORAGE_CONNECTION_STRING: `AccountName=other;AccountKey=${KEY};BlobEndpoint=http://127.0.0.1:1/other` };
  const [opened] = storesFrom([{ kind: "azure-blob", account: "acmeaudit", container: "log", prefix: "er" }], {
    clock: systemClock,
    env,
    base: "/",
  });
  assert.equal(opened?.name, "azure-blob:acmeaudit/log/er");
});
