import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadConfig, resolveHome } from "../../src/config/index.ts";

const config = (organization: string) => `organization: ${organization}
origin: acme.example/soc2-er/prod
providers: { aws: { accounts: [{ id: 123456789012, name: prod, regions: [us-east-1] }] } }
people: [{ id: a, roles: [operator], keys: ["ssh-ed25519 AAAA a"] }]
`;

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "soc2-er-config-"));
  await mkdir(join(root, "repo/deep/er"), { recursive: true });
  await mkdir(join(root, "xdg/soc2-er"), { recursive: true });
  await writeFile(join(root, "repo/soc2-er.yaml"), config("Above"));
  await writeFile(join(root, "named.yaml"), config("Named"));
  await writeFile(join(root, "env.yaml"), config("Env"));
  await writeFile(join(root, "xdg/soc2-er/config.yaml"), config("Xdg"));
});
after(() => rm(root, { recursive: true }));

test("the file named wins over SOC2_ER_CONFIG, that over the folders above, those over XDG", async () => {
  const env = { XDG_CONFIG_HOME: join(root, "xdg"), HOME: root };
  const cwd = join(root, "repo/deep/er");
  const named = await loadConfig({ file: "../../../named.yaml", cwd, env: { ...env, SOC2_ER_CONFIG: join(root, "env.yaml") } });
  assert.equal(named.organization, "Named");
  assert.equal(named.source, join(root, "named.yaml"));
  assert.equal((await loadConfig({ cwd, env: { ...env, SOC2_ER_CONFIG: join(root, "env.yaml") } })).organization, "Env");
  assert.equal((await loadConfig({ cwd, env })).organization, "Above");
  assert.equal((await loadConfig({ cwd: root, env })).organization, "Xdg");
});

test("a file that was named and does not exist is never replaced by another", async () => {
  await assert.rejects(loadConfig({ file: "none.yaml", cwd: join(root, "repo"), env: { HOME: root } }), {
    code: "config-missing",
    message: 'configuration "none.yaml" does not exist',
  });
});

test("without any, the error says how to go on", async () => {
  await assert.rejects(loadConfig({ cwd: root, env: { HOME: root } }), (error: { code: string; hints: string[] }) => {
    assert.equal(error.code, "config-missing");
    assert.ok(error.hints.some((hint) => hint.includes("--config")) && error.hints.some((hint) => hint.includes("--range")));
    return true;
  });
});

test("home is the folder named, else SOC2_ER_HOME, else the XDG state folder", () => {
  assert.equal(resolveHome({ home: "/srv/er", env: { SOC2_ER_HOME: "/env" } }), "/srv/er");
  assert.equal(resolveHome({ env: { SOC2_ER_HOME: "/env" } }), "/env");
  assert.equal(resolveHome({ env: { XDG_STATE_HOME: "/state", HOME: "/home/a" } }), "/state/soc2-er");
  assert.equal(resolveHome({ env: { XDG_STATE_HOME: "relative", HOME: "/home/a" } }), "/home/a/.local/state/soc2-er");
});
