// A stand-in for the program's own page: serves the built page with the policy that the program will send, and hands
// everything under /api to a running program. For tests and screenshots only.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const dist = join(import.meta.dirname, "../dist");
const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Serves the page in front of the program at `api`, on a port of the system's choice. */
export async function servePage(api: URL): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((incoming, answer) => {
    if ((incoming.url ?? "").startsWith("/api/")) proxy(api, incoming, answer);
    else sendFile(incoming, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${String(portOf(server))}`, close: () => closed(server) };
}

function sendFile(incoming: IncomingMessage, answer: ServerResponse): void {
  const path = normalize(new URL(incoming.url ?? "/", "http://page").pathname);
  const asked = join(dist, path);
  const isFile = asked.startsWith(dist) && existsSync(asked) && statSync(asked).isFile();
  const file = isFile ? asked : join(dist, "index.html");
  answer.writeHead(200, {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": policy,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
  });
  createReadStream(file).pipe(answer);
}

function proxy(api: URL, incoming: IncomingMessage, answer: ServerResponse): void {
  const onward = request(
    {
      host: api.hostname,
      port: api.port,
      path: incoming.url,
      method: incoming.method,
      headers: { ...incoming.headers, host: api.host },
    },
    (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    },
  );
  onward.on("error", () => {
    answer.destroy();
  });
  // A stream that nobody reads any longer has to end at the program too.
  answer.on("close", () => onward.destroy());
  incoming.pipe(onward);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
