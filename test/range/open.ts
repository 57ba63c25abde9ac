import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openRange, type RangeOptions, type RangeWorld } from "../../src/exercise/range/index.ts";
import type { Clock } from "../../src/model/index.ts";
import type { AwsService } from "../../src/providers/index.ts";

export function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "range-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A wall clock that stands until it is told to go on; sleeping makes it go on. */
export function handClock(): Clock & { advance(ms: number): void } {
  let now = Date.parse("2026-11-26T03:00:00Z");
  return {
    factor: 1,
    now: () => now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

export async function fresh(
  t: TestContext,
  options: Partial<RangeOptions> = {},
): Promise<RangeWorld & { wall: ReturnType<typeof handClock> }> {
  const wall = handClock();
  const range = await openRange({ folder: freshFolder(t), wall, ...options });
  t.after(() => range.close());
  return Object.assign(range, { wall });
}

const SERVICE_REGIONS: Partial<Record<AwsService, string>> = { iam: "global", organizations: "global", sts: "us-east-1" };
/** An organization is asked for where it is managed. */
const SERVICE_ACCOUNTS: Partial<Record<AwsService, string>> = { organizations: "111122223333" };

/** `call(range, "iam:GetUser", { UserName: "intruder" })`. The answer's type is the test's claim. */
export async function call<T = Record<string, unknown>>(
  range: Pick<RangeWorld, "transport">,
  name: string,
  input: object = {},
  region?: string,
): Promise<T> {
  const [service, operation = ""] = name.split(":") as [AwsService, string];
  const account = SERVICE_ACCOUNTS[service] ?? "123456789012";
  const place = { account, region: region ?? SERVICE_REGIONS[service] ?? "us-east-1" };
  const { output } = await range.transport.aws({ service, operation, input, ...place });
  return output as T;
}

export const opened = async (range: RangeWorld): Promise<Record<string, boolean>> =>
  Object.fromEntries((await range.attacker.probe()).map((probe) => [probe.id, probe.open]));
