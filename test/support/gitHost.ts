import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as https from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "./certificates";

/** A host of Git repositories over HTTPS. */
export interface GitHost {
  /** Variables with which Go programs reach it by its name: through a proxy, and trusting its certificate. */
  readonly env: Readonly<Record<string, string>>;
  close(): void;
}

/** Serves the repositories below `root` under a name that needs no DNS and no port. */
export async function startGitHost(name: string, root: string): Promise<GitHost> {
  const directory = mkdtempSync(join(tmpdir(), "oss-cname-git-"));
  const authority = await createAuthority();
  const { chain, privateKey } = await authority.issue({ names: [name] });
  const trusted = join(directory, "root.pem");
  writeFileSync(trusted, authority.root.certificate);
  const sockets = new Set<Socket>();
  const server = https.createServer({ cert: chain, key: privateKey }, (request, response) =>
    answer(root, request, response),
  );
  const port = await listen(server);
  const proxy = createServer((_request, response) => response.writeHead(403).end());
  proxy.on("connect", (request, socket: Socket) => {
    if (request.url !== `${name}:443`) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const target = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    for (const each of [socket, target]) sockets.add(each.on("error", () => {}));
    target.pipe(socket).pipe(target);
  });
  const address = `http://127.0.0.1:${await listen(proxy)}`;
  return {
    env: { HTTPS_PROXY: address, NO_PROXY: "127.0.0.1,localhost", SSL_CERT_FILE: trusted },
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function listen(server: ReturnType<typeof createServer> | https.Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** Git's own CGI program. */
function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? "/", "https://git");
  const { "content-type": type, "content-encoding": encoding, "git-protocol": protocol } = request.headers;
  const git = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      ...(type && { CONTENT_TYPE: type }),
      ...(encoding && { HTTP_CONTENT_ENCODING: encoding }),
      ...(protocol && { GIT_PROTOCOL: String(protocol) }),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(git.stdin.on("error", () => {}));
  const chunks: Buffer[] = [];
  git.stdout.on("data", (chunk) => chunks.push(chunk));
  git.on("close", () => {
    const reply = Buffer.concat(chunks);
    const end = reply.indexOf("\r\n\r\n");
    const headers = reply
      .toString("latin1", 0, end)
      .split("\r\n")
      .map((line) => line.split(": ") as [string, string]);
    const status = headers.find(([key]) => key === "Status")?.[1] ?? "200";
    for (const [key, value] of headers) if (key !== "Status") response.setHeader(key, value);
    response.writeHead(Number.parseInt(status, 10)).end(reply.subarray(end + 4));
  });
}
