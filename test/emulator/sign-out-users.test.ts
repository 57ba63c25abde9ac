import assert from "node:assert/strict";
import { after, test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, rollBack } from "../conformance/driver.ts";
import { motoBench } from "../conformance/moto-bench.ts";
import { emulatorIfLong } from "./long.ts";
import { seed } from "./seed.ts";
import { refresh, signIn } from "./sign-in.ts";

const { emulator, options } = await emulatorIfLong({ after });

test(
  "tokens of a user that was signed out are refused for good, and new ones after the rollback are taken",
  options,
  async (t) => {
    assert.ok(emulator);
    const seeded = await seed(emulator, (service) => service === "cognito");
    const bench = motoBench(emulator, seeded, ["cognito"]);
    t.after(() => bench.close());
    const { admin, here } = seeded;
    const client = here("1h4n0portal000000000000001");
    const refused = { name: "NotAuthorizedException" };
    const ada = await signIn(admin, client, "ada");
    const cleo = await signIn(admin, client, "cleo");
    await admin("cognito:GetUser", { AccessToken: ada.AccessToken });
    await refresh(admin, client, ada.RefreshToken);

    const action = await loadAction("aws.cognito.sign-out-users");
    const driven = await contain(bench, action, here(action.examples[0]));
    await assert.rejects(admin("cognito:GetUser", { AccessToken: ada.AccessToken }), refused);
    await assert.rejects(refresh(admin, client, ada.RefreshToken), refused);
    await assert.rejects(signIn(admin, client, "ada"), refused);
    await admin("cognito:GetUser", { AccessToken: cleo.AccessToken });

    await rollBack(bench, action, driven);
    await assert.rejects(refresh(admin, client, ada.RefreshToken), refused);
    const anew = await signIn(admin, client, "ada");
    await admin("cognito:GetUser", { AccessToken: anew.AccessToken });
    await assert.rejects(signIn(admin, client, "bo"), refused, "whoever was disabled before stays so");
  },
);
