import assert from "node:assert/strict";
import { test } from "node:test";
import { changeKeyring } from "../../src/audit/change-keyring.ts";
import { joinLog } from "../../src/audit/init.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";
import { memory } from "./memory-store.ts";

const BUDGET_MS = 2_000;

test("without a store a change takes effect on the disk: a new key opens a session, an old one no more", async (t) => {
  const { init, write, read, change, signer, home } = await bench(t);
  await init();
  const key = signer("new").publicKey.text;
  const ana = await write();
  await changeKeyring(ana, (await change(ana, { key })).body);
  assert.deepEqual((await ana.keyring()).person("ana")?.keys, [signer("ana").publicKey.text, key]);
  await changeKeyring(ana, (await change(ana, { change: "retire-key", key: signer("ana").publicKey.text })).body);
  await ana.append([note("a session goes on")]);
  await ana.close();

  await assert.rejects(write(), { code: "key-unknown" });
  const again = await write({ who: "new" });
  assert.equal(again.person.id, "ana");
  await again.close();
  const reader = await read();
  const keyring = await reader.keyring();
  assert.deepEqual(
    keyring.keys.filter(({ person }) => person === "ana").map(({ state }) => state),
    ["retired", "active"],
  );
  assert.equal(keyring.at(2).ownerOf(key), null, "before it was added");
  assert.equal(keyring.at(2).ownerOf(signer("ana").publicKey.text)?.id, "ana", "before it was retired");
  const verification = await verifyLog({ home: home(), origin: ORIGIN });
  assert.deepEqual(verification.findings, []);
});

test("with a store a change takes effect when the store has it, and is refused while that cannot be reached", async (t) => {
  const { init, write, change, signer } = await bench(t);
  const { store, fault } = memory();
  await init();
  const ana = await write({ stores: [store] });
  await ana.sync(BUDGET_MS);
  const wanted = await change(ana, { key: signer("new").publicKey.text });
  fault.away = true;
  await assert.rejects(changeKeyring(ana, wanted.body), { code: "store-required" });
  assert.ok(!(await all(ana)).some(({ type }) => type === "keyring.changed"));

  await ana.append([wanted]);
  await all(ana);
  assert.equal((await ana.keyring()).ownerOf(signer("new").publicKey.text), null, "written here, and in no batch");
  fault.away = false;
  await ana.sync(BUDGET_MS);
  await all(ana);
  assert.equal((await ana.keyring()).ownerOf(signer("new").publicKey.text)?.id, "ana");
  await ana.close();
});

test("a change that is not signed by enough, or that came too late, is refused before it is written", async (t) => {
  const { init, write, change, signer } = await bench(t);
  await init();
  const ana = await write();
  const key = signer("new").publicKey.text;
  for (const by of [["ben"], ["ben", "ben"], ["cy", "dee"], ["ana"], []])
    await assert.rejects(changeKeyring(ana, (await change(ana, { key }, by)).body), { code: "keyring-pending" }, by.join());
  await assert.rejects(changeKeyring(ana, (await change(ana, { key }, ["ben", "new"])).body), {
    code: "keyring-refused",
  });
  const [first, second] = [
    await change(ana, { key }),
    await change(ana, { change: "set-roles", roles: ["operator", "security"] }),
  ];
  await changeKeyring(ana, first.body);
  await assert.rejects(changeKeyring(ana, second.body), { code: "keyring-overtaken" });
  await assert.rejects(changeKeyring(ana, first.body), { code: "keyring-overtaken" }, "used again");
  await ana.close();
});

test("of two machines that change one keyring at once the first in the store wins, and nobody is stopped", async (t) => {
  const { init, write, read, change, signer, home } = await bench(t);
  const { store } = memory();
  await init();
  await (await write({ stores: [store] })).close();
  await joinLog({ home: home("other"), origin: ORIGIN, mode: "real" }, store);
  const [ana, ben] = [await write({ stores: [store] }), await write({ home: home("other"), who: "ben", stores: [store] })];
  const [one, other] = [await change(ana, { key: signer("new").publicKey.text }), await change(ben, { change: "remove-person" })];
  await Promise.all([ana.append([one]), ben.append([other])]);
  await Promise.all([ana.sync(BUDGET_MS), ben.sync(BUDGET_MS)]);
  await Promise.all([ana.append([note("on")]), ben.append([note("and on")])]);
  await ana.close();
  await ben.close();
  await (await write({ who: "cy", stores: [store] })).close();
  const [here, there] = [
    await read({ stores: [store], refreshMs: BUDGET_MS }),
    await read({ home: home("other"), stores: [store], refreshMs: BUDGET_MS }),
  ];
  assert.deepEqual((await here.keyring()).people, (await there.keyring()).people);
  assert.deepEqual(texts(await all(here)).sort(), ["and on", "on"]);
  const { findings } = await verifyLog({ home: home(), origin: ORIGIN });
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["keyring-overtaken"],
  );
});

test("a key that was revoked hands nothing over any more; what its machine wrote before it knew is handed over by others, and listed", async (t) => {
  const { init, write, read, change, signer, home } = await bench(t);
  const { store } = memory();
  await init();
  await (await write({ stores: [store] })).close();
  await joinLog({ home: home("other"), origin: ORIGIN, mode: "real" }, store);
  const dee = await write({ who: "dee", home: home("other"), stores: [store] });
  await dee.sync(BUDGET_MS);
  const ana = await write({ stores: [store] });
  await ana.sync(BUDGET_MS);
  const place = (await all(ana)).length - 1;
  const revocation = { change: "revoke-key" as const, person: "dee", key: signer("dee").publicKey.text, goodThrough: place };
  await changeKeyring(ana, (await change(ana, revocation)).body);

  await dee.append([note("written before anybody told")]);
  const state = await dee.sync(BUDGET_MS);
  assert.equal(state.state, "down");
  assert.match(state.stores[0]?.reason ?? "", /this session cannot seal.*"dee"/);
  await dee.close();
  await assert.rejects(write({ who: "dee", home: home("other"), stores: [store] }), { code: "key-unknown" });

  const cy = await write({ who: "cy", home: home("other"), stores: [store] });
  assert.equal((await cy.sync(BUDGET_MS)).state, "up-to-date");
  await cy.close();
  assert.equal((await ana.sync(BUDGET_MS)).state, "up-to-date");
  await ana.close();
  assert.deepEqual(texts(await all(await read())), ["written before anybody told"]);
  const { findings } = await verifyLog({ home: home(), origin: ORIGIN });
  assert.deepEqual([...new Set(findings.map(({ code }) => code))].sort(), ["key-revoked", "remote-down"]);
});
