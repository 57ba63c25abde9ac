import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { jcs, ORIGIN, publicKey, Session, sshSign } from "./build-log.ts";
import { codes, tell, verify } from "./story.ts";

type Told = { readonly person?: string; readonly signer?: string; readonly writer?: Session };

/** The rest of a story, sealed by a session whose opening stands in no batch and is brought along in the head. */
async function sealedLate(t: TestContext, { person = "ana", signer = person, writer }: Told, without = false): Promise<string[]> {
  const story = tell({ batches: 2 });
  const late = new Session(person);
  const body = {
    ...{ person, key: publicKey(signer), sessionKey: (writer ?? late).key.publicKey, host: "laptop", tool: "soc2-er/test" },
    expiresAt: "2026-03-01T20:00:00.000Z",
  };
  const certificate = sshSign(signer, "session.soc2-er.v1", jcs({ origin: ORIGIN, writer: late.writer, body }));
  const rest = [...story.entries.values()].slice(story.log.committed.length);
  story.log.seal(rest, late, without ? {} : { session: { ...body, certificate } });
  const verification = await verify(t, story);
  assert.equal(verification.verdict, codes(verification).length === 0 ? "verified" : "tampered");
  return codes(verification);
}

test("a seal holds by the certificate that it brings along", async (t) => {
  assert.deepEqual(await sealedLate(t, {}), []);
});

test("a seal without, by somebody else's key, or of another session, does not", async (t) => {
  assert.deepEqual(await sealedLate(t, {}, true), ["batch-signature"]);
  assert.deepEqual(await sealedLate(t, { signer: "mallory" }), ["batch-signature", "certificate"]);
  assert.deepEqual(await sealedLate(t, { person: "ben", signer: "ana" }), ["batch-signature", "certificate"]);
  assert.deepEqual(await sealedLate(t, { writer: new Session("ana") }), ["batch-signature", "session"]);
});
