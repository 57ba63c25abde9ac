import type { Emulator } from "./emulator.ts";
import { listen, pass } from "./forward.ts";

/** How the way to a bucket can be lost: the connection breaks at once, or nobody ever answers. */
export type Lost = "broken" | "silent";

export type Gateway = {
  readonly endpoint: string;
  /** null: everything passes. */
  lost: Lost | null;
};

/** Stands in front of the emulator and lets requests through as they were signed, but for those to one bucket while it is lost. */
export async function gatewayTo({ endpoint }: Emulator, bucket: string, t: { after(end: () => void): void }): Promise<Gateway> {
  const gateway = { lost: null as Lost | null };
  const own = await listen(t, (incoming, answer) => {
    const { url = "/" } = incoming;
    if (gateway.lost === null || !new RegExp(`^/${bucket}([/?]|$)`).test(url)) pass(endpoint, url, incoming, answer);
    else if (gateway.lost === "broken") incoming.socket.destroy();
  });
  return Object.assign(gateway, { endpoint: own });
}
