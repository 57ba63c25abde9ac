import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import jsqr from "jsqr";
import { freshFolder, soc2er } from "./binary.ts";
import { Drill, type Said } from "./drill.ts";
import { Laptop, Share } from "./laptops.ts";

const keyOf = (drill: Drill, who: string) => join(drill.home, "range/keys", who);

/** The statement that a request holds, signed by stock ssh-keygen: what somebody without the program sends back. */
function answered(drill: Drill, who: string, statement: string): string {
  const { status, stdout, stderr } = spawnSync(
    "ssh-keygen",
    ["-Y", "sign", "-q", "-f", keyOf(drill, who), "-n", "approval.soc2-er.v1"],
    { input: statement, encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
  return `${statement}${stdout}`;
}

async function requestFor(drill: Drill, plan: string, who: string): Promise<string> {
  const { code, document } = await drill.run(["plan", "show", plan, "--request", "--for", who]);
  assert.equal(code, 0, JSON.stringify(document));
  const [only, ...others] = document["requests"];
  assert.deepEqual([only.person, others], [who, []]);
  return only.text;
}

const refused = ({ code, document }: Said, expected: string, exit: number): void => {
  assert.deepEqual([document["error"]?.code, code], [expected, exit], JSON.stringify(document));
};

test("a plan is approved by whoever has ssh-keygen and a chat: what is printed is what is signed and pasted back", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const planned = await drill.run(["revoke", "aws:user/intruder", "--plan-only"]);
  assert.equal(planned.code, 8);
  const plan = planned.document["digest"];
  const asked = planned.document["requests"].map(({ person, role }: { person: string; role: string }) => `${person} ${role}`);
  assert.deepEqual(asked.sort(), ["dual engineering", "dual security", "eng-lead engineering", "sec-lead security"]);
  assert.ok(
    planned.document["next"].some(({ argv }: { argv: string[] }) => argv.join(" ").includes(`plan show ${plan} --request`)),
  );

  const { out, code } = await soc2er(["plan", "show", plan, "--request", "--for", "sec-lead", "--range", "--home", drill.home]);
  assert.equal(code, 0);
  const statement = /soc2-er approval v1\n(?:[a-z-]+: .*\n){13}/.exec(out)?.[0] ?? "";
  assert.match(out, /ssh-keygen -Y sign -n approval.soc2-er.v1 -f KEY request.txt/);
  const quoted = answered(drill, "sec-lead", statement).replace(/^/gm, "> ").replaceAll("\n", "\r\n");
  const pasted = await drill.run(["approve", "--paste"], { input: quoted });
  assert.equal(pasted.code, 0, JSON.stringify(pasted.document));
  assert.deepEqual(pasted.document["ruling"].waiting, ["engineering"]);

  refused(await drill.run(["plan", "show", plan, "--request", "--for", "sec-lead"]), "approval-role", 8);
  refused(await drill.run(["plan", "show", plan, "--request", "--for", "on-call"]), "approval-role", 8);
  refused(await drill.run(["plan", "show", plan, "--for", "eng-lead"]), "usage", 2);
  const broken = answered(drill, "eng-lead", await requestFor(drill, plan, "eng-lead")).replace(/(?<=^.{40})(?=.)/gm, "\n");
  assert.equal((await drill.run(["approve", "--paste"], { input: broken })).code, 0, "hard wrapped by a mail program");
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 0);
  await drill.verify();
});

test("who writes deny into the request and signs it, ends the plan", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const denial = (await requestFor(drill, plan, "sec-lead")).replace("decision: approve", "decision: deny");
  const pasted = await drill.run(["approve", "--paste"], { input: answered(drill, "sec-lead", denial) });
  assert.equal(pasted.code, 0, JSON.stringify(pasted.document));
  assert.equal(pasted.document["decision"], "deny");
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 10);
  await drill.verify();
});

test("a request carries the plan to a laptop that never saw it: read, signed and handed back while no store is there", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const lead = await Laptop.of(drill);
  assert.equal((await lead.run(["status"])).code, 0);
  const share = new Share(drill);
  await share.vanish();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const file = join(freshFolder(), "request.txt");
  const written = await drill.run(["plan", "show", plan, "--request", "--for", "sec-lead", "--out", file]);
  assert.equal(written.code, 0, JSON.stringify(written.document));
  refused(await drill.run(["plan", "show", plan, "--request", "--out", file]), "environment", 1);

  refused(await lead.run(["approve", plan, "--yes"], { who: "sec-lead" }), "unknown-plan", 2);
  refused(await lead.run(["approve", file], { who: "sec-lead" }), "no-terminal", 3);
  refused(await lead.run(["approve", file, "--yes"], { who: "on-call" }), "approval-self", 8);
  const signed = await lead.run(["approve", file, "--yes"], { who: "sec-lead" });
  assert.equal(signed.code, 0, JSON.stringify(signed.document));
  assert.deepEqual([signed.document["recorded"], signed.document["role"]], [false, "security"]);
  const { text, signature } = signed.document as { text: string; signature: string };
  const pasted = await drill.run(["approve", "--paste"], { input: `${text}${signature}` });
  assert.equal(pasted.code, 0, JSON.stringify(pasted.document));

  const altered = (await readFile(file, "utf8")).replace(
    /^(plan: sha256:)./m,
    (_, label) => `${label}${plan[7] === "0" ? "1" : "0"}`,
  );
  refused(await lead.run(["approve", "--paste", "--yes"], { who: "sec-lead", input: altered }), "plan-altered", 5);
  await share.comeBack();
  assert.equal((await drill.run(["audit", "sync"])).code, 0);
  const again = await lead.run(["approve", "--paste", "--yes"], { who: "eng-lead", input: await readFile(file, "utf8") });
  assert.deepEqual([again.code, again.document["recorded"]], [0, true], "the log has it by now");
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 0);
  await drill.run(["audit", "sync"]);
  await drill.verify(10);
});

test("request and approval as QR codes are read by another program, where the terminal is wide enough", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const shown = async (columns: number, ...args: string[]): Promise<string> => {
    const { out, code, err } = await soc2er([...args, "--range", "--home", drill.home], { env: { COLUMNS: String(columns) } });
    assert.equal(code, 0, err);
    return out;
  };
  const wide = await shown(120, "plan", "show", plan, "--request", "--for", "sec-lead", "--qr");
  const statement = /soc2-er approval v1\n(?:[a-z-]+: .*\n){13}/.exec(wide)?.[0] ?? "none";
  assert.equal(read(wide), statement);
  const everybody = (await shown(120, "plan", "show", plan, "--request", "--qr")).split("Approval wanted from ").slice(1);
  assert.ok(everybody.length > 1, "several are asked");
  for (const one of everybody)
    assert.match(one, new RegExp(`^${/^person: (.*)$/m.exec(read(one))?.[1]}, as `), "each with a code");
  assert.match(
    await shown(60, "plan", "show", plan, "--request", "--for", "sec-lead", "--qr"),
    /no QR code: it needs \d+ columns/,
  );
  const approved = await shown(160, "approve", plan, "--yes", "--qr", "--key", "sec-lead");
  const scanned = read(approved);
  assert.match(scanned, /^soc2-er approval v1\n[\s\S]*END SSH SIGNATURE-----\n$/);
  const again = await drill.run(["approve", "--paste"], { input: scanned });
  assert.equal(again.code, 0, "and what was read counts");
});

/** Draws the printed half blocks as pixels and has them read. */
function read(out: string): string {
  const lines = out.split("\n").filter((line) => /^[\u2580\u2584\u2588 ]+$/.test(line) && /[\u2580\u2584\u2588]/.test(line));
  const scale = 4;
  const width = (lines[0]?.length ?? 0) * scale;
  const height = lines.length * 2 * scale;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / scale);
      const mark = lines[Math.floor(row / 2)]?.[Math.floor(x / scale)] ?? " ";
      const light = mark === "\u2588" || mark === (row % 2 === 0 ? "\u2580" : "\u2584");
      pixels.fill(light ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      pixels[(y * width + x) * 4 + 3] = 255;
    }
  }
  const decode = jsqr as unknown as (pixels: Uint8ClampedArray, width: number, height: number) => { data: string } | null;
  return decode(pixels, width, height)?.data ?? "nothing was read";
}
