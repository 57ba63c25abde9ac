import assert from "node:assert/strict";
import { test } from "node:test";
import { LoggedKeyring } from "../../src/audit/keyring.ts";
import { judgeChange } from "../../src/audit/keyring-change.ts";
import { keyringStatement } from "../../src/audit/keyring-statement.ts";
import { digestJson } from "../../src/model/index.ts";
import { tokenSignature } from "../verifier/tokens.ts";
import { bench, ORIGIN } from "./bench.ts";

test("a FIDO key changes the keyring when it was touched, and where the log was founded so with a PIN or finger", async (t) => {
  const { signer } = await bench(t);
  const token = tokenSignature();
  const keyText = (name: string): string => signer(name).publicKey.text;
  const people = [
    { id: "ana", roles: ["operator"], keys: [keyText("ana")] },
    { id: "ben", roles: ["security"], keys: [token.publicKey] },
    { id: "cy", roles: ["engineering"], keys: [keyText("cy")] },
  ];
  const states = await Promise.all(
    [
      { verification: true, flags: 5 },
      { verification: true, flags: 1 },
      { verification: false, flags: 1 },
      { verification: false, flags: 0 },
    ].map(async ({ verification, flags }) => {
      const founded = { organization: "Acme", people, policy: { approvals: {}, ...(verification ? { verification } : {}) } };
      const keyring = LoggedKeyring.founded(founded, digestJson(null));
      const facts = { roles: null, goodThrough: null, reason: "none", key: keyText("new") };
      const statement = keyringStatement({ origin: ORIGIN, after: keyring.last, change: "add-key", person: "ana", ...facts });
      const other = await signer("cy").sign("keyring.soc2-er.v1", Buffer.from(statement));
      const signatures = [token.sign("keyring.soc2-er.v1", statement, flags), other];
      return judgeChange(keyring, { statement, signatures }, { origin: ORIGIN, place: 2 }).state;
    }),
  );
  assert.deepEqual(states, ["holds", "refused", "holds", "refused"]);
});
