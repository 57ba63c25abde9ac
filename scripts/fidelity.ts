import { actionList } from "../src/actions/index.ts";
import type { EffectQuestion } from "../src/model/index.ts";
import { laws } from "../test/conformance/laws.ts";
import { ALWAYS, ONLY_BY_CONTRACT } from "../test/conformance/only-by-contract.ts";
import { notOnEmulator } from "../test/conformance/subjects.ts";
import { troubles } from "../test/conformance/trouble.ts";
import { canAsk } from "../test/emulator/attacker.ts";

/** `docs/fidelity.md`: what the tests prove of each action, and on what; what they cannot. Derived from what the conformance kit runs. */
export async function fidelityPage(): Promise<string> {
  const actions = await Promise.all(actionList.map(({ load }) => load()));
  const rows = actions.map(({ id, examples, effects }) => {
    const asked = examples.flatMap(({ changes }) => changes.flatMap((change) => effects?.(applied(change) as never) ?? []));
    const onEmulator = notOnEmulator(id) === null ? `${laws.length} laws` : "–";
    return `| \`${id}\` | ${laws.length + troubles.length} laws${felt(asked, () => true)} | ${onEmulator}${notOnEmulator(id) === null ? felt(asked, canAsk) : ""} |`;
  });
  const beyond = actions.map(({ id }) => {
    const known = ONLY_BY_CONTRACT[id];
    if (known === undefined) throw new Error(`test/conformance/only-by-contract.ts does not say what nothing shows of "${id}"`);
    const left = [notOnEmulator(id), ...known].filter((one) => one !== null);
    return left.length === 0 ? "" : `* \`${id}\`\n${left.map((one) => `  * ${one}\n`).join("")}`;
  });
  return `# What is proven, and on what

Written by \`npm run generate\` from what the tests run; nobody types it. Every example of every action goes through the laws of
[writing-actions.md](writing-actions.md): on the range, our simulated cloud, all of them; on the emulator, moto over HTTP with permissions
enforced, those that need no faults: of each kind of action at every run of the tests, of all actions in CI. *Felt* means that the
attacker's own request was seen to succeed before, to fail after, and to succeed again after the rollback; otherwise the configuration
is read back.

| action | range | emulator |
|---|---|---|
${rows.join("\n")}

## Only by contract

Nothing here shows these; the provider's documentation says them. Of every action:
${ALWAYS}.

${beyond.join("")}`;
}

/** With a moment where an action asks for that of its application. */
function applied(change: object): object {
  return JSON.parse(JSON.stringify(change).replaceAll("{at-apply}", "2026-11-28T00:00:00Z"));
}

function felt(asked: readonly EffectQuestion[], can: (question: EffectQuestion) => boolean): string {
  return asked.some(can) ? ", felt" : "";
}
