import { createServer, request } from "node:http";
import type { Emulator } from "./emulator.ts";

/** How the way to a bucket can be lost: the connection breaks at once, or nobody ever answers. */
export type Lost = "broken" | "silent";

export type Gateway = {
  readonly endpoint: string;
  /** null: everything passes. */
  lost: Lost | null;
};

/** Stands in front of the emulator and lets requests through as they were signed, but for those to one bucket while it is lost. */
export async function gatewayTo({ endpoint }: Emulator, bucket: string, t: { after(end: () => void): void }): Promise<Gateway> {
  const { hostname, port } = new URL(endpoint);
  const server = createServer((incoming, answer) => {
    const { method, url = "/", rawHeaders } = incoming;
    if (gateway.lost !== null && new RegExp(`^/${bucket}([/?]|$)`).test(url)) {
      if (gateway.lost === "broken") incoming.socket.destroy();
      return;
    }
    const outgoing = request({ hostname, port, method, path: url, headers: rawHeaders }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.rawHeaders);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the gateway has no port");
  const gateway: Gateway = { endpoint: `http://127.0.0.1:${address.port}`, lost: null };
  return gateway;
}
