import { createServer, type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";

/** A server in front of something, until the test is over. Returns its endpoint. */
export async function listen(t: { after(end: () => void): void }, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

/** Sends a request on as it was signed, and the answer back as it comes. */
export function pass(endpoint: string, path: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const { hostname, port } = new URL(endpoint);
  const { method, rawHeaders } = incoming;
  const outgoing = request({ hostname, port, method, path, headers: rawHeaders }, (response) => {
    answer.writeHead(response.statusCode ?? 500, response.rawHeaders);
    response.pipe(answer);
  });
  outgoing.on("error", () => answer.destroy());
  incoming.pipe(outgoing);
}
