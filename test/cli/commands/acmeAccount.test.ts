import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, type KeyObject, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { runHere } from "../../support/command";

/** A CA that notes who registers, after it has verified the signature. */
class Registry {
  readonly accounts: { readonly key: string; readonly payload: Record<string, unknown> }[] = [];
  meta: Record<string, unknown> = { termsOfService: "https://ca.example/terms" };
  readonly #server: Server = createServer(async (request, response) => {
    const base = `http://${request.headers.host}`;
    response.setHeader("replay-nonce", `nonce${Math.random()}`);
    if (request.url === "/dir") return response.end(JSON.stringify({ ...urls(base), meta: this.meta }));
    if (request.method === "HEAD") return response.end();
    const jws = JSON.parse(await text(request));
    const { jwk } = JSON.parse(Buffer.from(jws.protected, "base64url").toString());
    const key = createPublicKey({ key: jwk, format: "jwk" });
    assert.ok(isSigned(jws, key));
    this.accounts.push({
      key: key.export({ type: "spki", format: "pem" }).toString(),
      payload: JSON.parse(Buffer.from(jws.payload, "base64url").toString()),
    });
    response.writeHead(201, { location: `${base}/account/1` }).end("{}");
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/dir`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function urls(base: string) {
  return { newNonce: `${base}/nonce`, newAccount: `${base}/new`, newOrder: `${base}/order` };
}

function isSigned(jws: { protected: string; payload: string; signature: string }, key: KeyObject): boolean {
  const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
  return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(jws.signature, "base64url"));
}

function publicHalf(pem: string): string {
  return createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" }).toString();
}

describe("oss-cname acme-account", () => {
  const registry = new Registry();
  let directory: string;
  let folder: string;
  before(async () => {
    directory = await registry.start();
  });
  beforeEach(() => {
    registry.accounts.splice(0);
    registry.meta = { termsOfService: "https://ca.example/terms" };
    folder = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  after(() => registry.close());

  const command = (...args: string[]) => runHere(["acme-account", "--directory", directory, ...args]);

  it("shows the terms and registers nothing until they are agreed to", async () => {
    const { status, stdout, stderr } = await command();
    assert.deepEqual([status, stdout, registry.accounts], [2, "", []]);
    assert.match(stderr, /https:\/\/ca\.example\/terms.*--agree-to-terms/);
  });

  it("gives the key that it has registered to a pipe, and to nothing else", async () => {
    const { status, stdout, stderr } = await command("--agree-to-terms", "--contact", "ops@example.com");
    assert.equal(status, 0, stderr);
    assert.deepEqual(registry.accounts, [
      { key: publicHalf(stdout), payload: { termsOfServiceAgreed: true, contact: ["mailto:ops@example.com"] } },
    ]);
    assert.doesNotMatch(stderr, /PRIVATE KEY/);
  });

  it("shows no key on a terminal", async () => {
    const { status, stdout } = await runHere(["acme-account", "--directory", directory, "--agree-to-terms"], {
      isTTY: true,
    });
    assert.deepEqual([status, stdout, registry.accounts], [2, "", []]);
  });

  it("keeps the key in a file of its owner, and registers the same one when run again", async () => {
    const file = join(folder, "acme.key");
    for (const _ of [1, 2]) {
      const { status, stdout, stderr } = await command("--agree-to-terms", "--key-file", file);
      assert.deepEqual([status, stdout], [0, ""], stderr);
    }
    const key = publicHalf(readFileSync(file, "utf8"));
    assert.deepEqual(
      registry.accounts.map((account) => account.key),
      [key, key],
    );
    if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("binds the key to an external account, whose HMAC key is in no argument", async () => {
    registry.meta = { externalAccountRequired: true };
    const refused = await command("--agree-to-terms", "--key-file", join(folder, "acme.key"));
    assert.deepEqual([refused.status, registry.accounts], [1, []]);
    const args = ["acme-account", "--directory", directory, "--agree-to-terms", "--eab-kid", "kid-1"];
    const hmacKey = Buffer.alloc(32, 7).toString("base64url");
    for (const options of [{ input: `${hmacKey}\n` }, { env: { OSS_CNAME_EAB_HMAC_KEY: hmacKey } }])
      assert.equal((await runHere(args, options)).status, 0);
    const headers = registry.accounts.map(({ payload }) => {
      const binding = payload.externalAccountBinding as { readonly protected: string };
      return JSON.parse(Buffer.from(binding.protected, "base64url").toString());
    });
    const url = directory.replace("/dir", "/new");
    assert.deepEqual(
      headers,
      [1, 2].map(() => ({ alg: "HS256", kid: "kid-1", url })),
    );
  });
});
