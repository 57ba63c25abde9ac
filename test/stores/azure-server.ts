import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Version = { readonly id: string; readonly body: Buffer; deleted: boolean };
export type Fault = "lost" | "silent" | { readonly status: number; readonly code: string };

/**
 * A container as the service documents it where Azurite is none: an account with versions, soft delete, immutability. Beyond
 * the requests of a store of the log it answers nothing.
 */
export class Container {
  readonly #blobs = new Map<string, Version[]>();
  readonly #now = Date.UTC(2026, 2, 1);
  #count = 0;
  versions = true;
  /** How many versions a page of the list has. */
  page = 5_000;
  /** Headers that it answers when it is looked at. */
  properties: Record<string, string> = {};
  /** Of each blob. */
  policy: Record<string, string> = {};
  fault: ((method: string, url: URL) => Fault | null) | null = null;
  readonly asked: string[] = [];

  put(name: string, body: Buffer, ifNoneMatch: boolean): number {
    const versions = this.#blobs.get(name) ?? [];
    if (ifNoneMatch && versions.some(({ deleted, id }) => !deleted && id === this.#current.get(name))) return 409;
    const id = this.versions ? new Date(this.#now + ++this.#count).toISOString().replace("Z", "0000Z") : "";
    this.#blobs.set(name, this.versions ? [...versions, { id, body, deleted: false }] : [{ id, body, deleted: false }]);
    this.#current.set(name, id);
    return 201;
  }

  readonly #current = new Map<string, string>();

  /** With versions the blob becomes an earlier version; without, it is kept as deleted. */
  delete(name: string): void {
    this.#current.delete(name);
    for (const version of this.#blobs.get(name) ?? []) version.deleted ||= !this.versions;
  }

  deleteVersions(name: string): void {
    for (const version of this.#blobs.get(name) ?? []) version.deleted = true;
  }

  get(name: string, id: string | null): Version | null {
    const wanted = id ?? this.#current.get(name);
    return this.#blobs.get(name)?.find((version) => version.id === wanted && !version.deleted) ?? null;
  }

  list(prefix: string, marker: string): string {
    const all = [...this.#blobs].sort().flatMap(([name, versions]) => versions.map((version) => ({ name, ...version })));
    const from = Number(marker || 0);
    const found = all.filter(({ name }) => name.startsWith(prefix));
    const blobs = found.slice(from, from + this.page).map(({ name, id, deleted }) => {
      const version = id === "" ? "" : `<VersionId>${id}</VersionId>`;
      return `<Blob><Name>${name}</Name>${deleted ? "<Deleted>true</Deleted>" : ""}${version}<Properties/></Blob>`;
    });
    const next = from + this.page < found.length ? String(from + this.page) : "";
    return `<?xml version="1.0"?><EnumerationResults><Blobs>${blobs.join("")}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;
  }
}

export async function azureServer(t: { after(end: () => void): void }, container: Container): Promise<string> {
  const server = createServer((request, response) => void answer(container, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer(container: Container, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "", "http://here");
  const method = request.method ?? "";
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  container.asked.push(`${method} ${url.pathname}`);
  const fault = container.fault?.(method, url) ?? null;
  if (fault === "silent") return;
  if (fault !== null && fault !== "lost") return refuse(response, fault.status, fault.code);
  const name = decodeURIComponent(url.pathname.split("/").slice(2).join("/"));
  const status = method === "PUT" ? container.put(name, Buffer.concat(chunks), request.headers["if-none-match"] === "*") : 200;
  if (fault === "lost") return void request.socket.destroy();
  if (status === 409) return refuse(response, 409, "BlobAlreadyExists");
  if (method === "PUT") return void response.writeHead(status).end();
  if (url.searchParams.get("comp") === "list")
    return void response.end(container.list(url.searchParams.get("prefix") ?? "", url.searchParams.get("marker") ?? ""));
  if (url.searchParams.get("restype") === "container") return void response.writeHead(200, container.properties).end();
  const found = container.get(name, url.searchParams.get("versionid"));
  if (found === null) return refuse(response, 404, "BlobNotFound");
  response.writeHead(200, container.policy).end(method === "HEAD" ? undefined : found.body);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-ms-error-code": code }).end(`<Error><Code>${code}</Code><Message>It is so.</Message></Error>`);
}
