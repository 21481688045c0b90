import "reflect-metadata";
import * as assert from "node:assert/strict";
import { createHash, generateKeyPairSync, type KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { type Cloud, startCloud } from "../../../local";
import { publicJwk, signedRequest, thumbprint } from "../../../provider/acme/jws";
import { makeKey } from "../../../provider/acme/x509";

const JOSE = "application/jose+json";

describe("stand-in CA", () => {
  let cloud: Cloud;
  let origin: string;
  const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const key = newKey();
  beforeEach(async () => {
    cloud = await startCloud({ switches: { bindsUnverified: true } });
    origin = new URL(cloud.acme.directory).origin;
  });
  afterEach(() => cloud.close());

  interface Reply {
    readonly status: number;
    readonly headers: Headers;
    readonly json: Record<string, unknown> & { readonly type?: string };
  }
  /** `201` or `400 malformed` */
  const resultOf = ({ status, json }: Reply) =>
    [status, json.type?.replace("urn:ietf:params:acme:error:", "")].filter(Boolean).join(" ");

  const nonce = async () => (await fetch(`${origin}/newNonce`, { method: "HEAD" })).headers.get("replay-nonce") ?? "";

  async function send(url: string, body: string, contentType = JOSE): Promise<Reply> {
    const { status, headers, ...reply } = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": contentType },
    }).then(async (reply) => ({ status: reply.status, headers: reply.headers, text: await reply.text() }));
    return { status, headers, json: reply.text.startsWith("{") ? JSON.parse(reply.text) : {} };
  }
  async function post(
    path: string,
    payload: object | undefined,
    by: { key?: KeyObject; kid?: string; url?: string; nonce?: string } = {},
  ): Promise<Reply> {
    const url = path.startsWith("http") ? path : `${origin}${path}`;
    const signer = by.kid === undefined ? { jwk: publicJwk(by.key ?? key) } : { kid: by.kid };
    const parts = { url: by.url ?? url, nonce: by.nonce ?? (await nonce()), payload };
    return send(url, signedRequest(by.key ?? key, signer, parts));
  }
  const register = async (by = key) => {
    const { headers } = await post("/newAccount", { termsOfServiceAgreed: true }, { key: by });
    return headers.get("location") ?? "";
  };
  const identifiers = (...names: string[]) => ({ identifiers: names.map((value) => ({ type: "dns", value })) });

  async function requestOfAccountKey(name: string): Promise<Buffer> {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const imported = (of: KeyObject | webcrypto.JsonWebKey, use: "sign" | "verify") =>
      webcrypto.subtle.importKey("jwk", "export" in of ? of.export({ format: "jwk" }) : of, algorithm, true, [use]);
    const keys = { privateKey: await imported(key, "sign"), publicKey: await imported(publicJwk(key), "verify") };
    const extensions = [new SubjectAlternativeNameExtension([{ type: "dns", value: name }])];
    const { rawData } = await Pkcs10CertificateRequestGenerator.create({
      keys: keys as webcrypto.CryptoKeyPair,
      signingAlgorithm: algorithm,
      extensions,
    });
    return Buffer.from(rawData);
  }

  it("has a directory as the RFCs want it", async () => {
    const directory = (await (await fetch(cloud.acme.directory)).json()) as Record<string, Record<string, unknown>>;
    assert.equal(new URL(origin).hostname, "127.0.0.1");
    assert.equal(directory.renewalInfo, `${origin}/renewalInfo`);
    assert.deepEqual(Object.keys(directory.meta?.profiles ?? {}), ["classic", "tlsserver", "shortlived"]);
    assert.equal(directory.meta?.externalAccountRequired, undefined);
    cloud.set({ acmeExternalAccounts: true, acmeRenewalInfo: false });
    const other = (await (await fetch(cloud.acme.directory)).json()) as typeof directory;
    assert.deepEqual([other.renewalInfo, other.meta?.externalAccountRequired], [undefined, true]);
  });

  it("takes a nonce once", async () => {
    const once = await nonce();
    const payload = { termsOfServiceAgreed: true };
    assert.equal(resultOf(await post("/newAccount", payload, { nonce: once })), "201");
    const again = await post("/newAccount", payload, { nonce: once });
    assert.equal(resultOf(again), "400 badNonce");
    const fresh = again.headers.get("replay-nonce") ?? "";
    assert.equal(resultOf(await post("/newAccount", payload, { nonce: fresh })), "200");
  });

  it("refuses what is not a request of the account that it names", async () => {
    const kid = await register();
    const order = identifiers("www.example.com");
    assert.equal(resultOf(await post("/newOrder", order, { kid, key: newKey() })), "400 malformed");
    assert.equal(resultOf(await post("/newOrder", order, { kid, url: `${origin}/newAccount` })), "403 unauthorized");
    assert.equal(resultOf(await post("/newOrder", order, { kid: `${kid}0` })), "400 accountDoesNotExist");
    assert.equal(resultOf(await post("/newOrder", order)), "400 malformed");
    const signed = signedRequest(key, { kid }, { url: `${origin}/newOrder`, nonce: await nonce(), payload: order });
    assert.equal(resultOf(await send(`${origin}/newOrder`, signed, "application/json")), "415 malformed");
    const body = JSON.parse(signed);
    const other = Buffer.from(JSON.stringify(identifiers("other.example.com"))).toString("base64url");
    assert.equal(
      resultOf(await send(`${origin}/newOrder`, JSON.stringify({ ...body, payload: other }))),
      "400 malformed",
    );
    assert.equal(resultOf(await send(`${origin}/newOrder`, "{}")), "400 malformed");
    assert.equal(resultOf(await post("/nothing", order, { kid })), "404 malformed");
    assert.deepEqual(cloud.requests().filter(({ status }) => status === 201).length, 1);
  });

  it("refuses weak account keys, and accounts without consent", async () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    assert.equal(
      resultOf(await post("/newAccount", { termsOfServiceAgreed: true }, { key: weak })),
      "400 badPublicKey",
    );
    assert.equal(resultOf(await post("/newAccount", {})), "400 malformed");
  });

  it("serves an order, its authorizations and its certificate to nobody else", async () => {
    const kid = await register();
    const order = await post("/newOrder", identifiers("www.example.com"), { kid });
    const [authorization] = order.json.authorizations as string[];
    const strangerKey = newKey();
    const stranger = { kid: await register(strangerKey), key: strangerKey };
    for (const url of [order.headers.get("location"), order.json.finalize, authorization]) {
      assert.equal(resultOf(await post(String(url), undefined, stranger)), "404 malformed");
      assert.notEqual(resultOf(await post(String(url), undefined, { kid })), "404 malformed");
    }
  });

  it("deactivates an account", async () => {
    const kid = await register();
    assert.equal((await post(kid, { status: "deactivated" }, { kid })).json.status, "deactivated");
    assert.equal(resultOf(await post("/newOrder", identifiers("a.example.com"), { kid })), "403 unauthorized");
    assert.equal(resultOf(await post("/newAccount", { onlyReturnExisting: true })), "403 unauthorized");
  });

  for (const [title, order, expected] of [
    ["no name", {}, "400 malformed"],
    [
      "more than 100 names",
      identifiers(...Array.from({ length: 101 }, (_, n) => `n${n}.example.com`)),
      "400 malformed",
    ],
    ["what is not a name", identifiers("a_b.example.com"), "400 rejectedIdentifier"],
    ["an address", { identifiers: [{ type: "ip", value: "192.0.2.1" }] }, "400 unsupportedIdentifier"],
    ["an unknown profile", { ...identifiers("a.example.com"), profile: "gold" }, "400 invalidProfile"],
    [
      "an end after the lifetime",
      { ...identifiers("a.example.com"), notAfter: "2999-01-01T00:00:00Z" },
      "400 malformed",
    ],
    ["100 names", identifiers(...Array.from({ length: 100 }, (_, n) => `n${n}.example.com`)), "201"],
  ] as const)
    it(`${expected === "201" ? "takes" : "refuses"} an order for ${title}`, async () =>
      assert.equal(resultOf(await post("/newOrder", order, { kid: await register() })), expected));

  it("certifies the names of the order and no others, by a key of its own, once", async () => {
    const kid = await register();
    const name = "www.example.com";
    const notAfter = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000).toISOString();
    const order = await post("/newOrder", { ...identifiers(name), notAfter }, { kid });
    const finalize = async (request: Buffer, url = order.json.finalize) =>
      post(String(url), { csr: request.toString("base64url") }, { kid });
    const { request } = await makeKey("P-256", [name]);
    assert.equal(resultOf(await finalize(request)), "403 orderNotReady");

    const [authorization = ""] = order.json.authorizations as string[];
    const { json } = await post(authorization, undefined, { kid });
    const challenges = json.challenges as { type: string; url: string; token: string }[];
    const challenge = challenges.find(({ type }) => type === "dns-01");
    assert.ok(challenge);
    const value = createHash("sha256")
      .update(`${challenge.token}.${thumbprint(key)}`)
      .digest("base64url");
    cloud.addRecord({ name: `_acme-challenge.${name}`, type: "TXT", value });
    assert.equal((await post(challenge.url, {}, { kid })).json.status, "valid");

    for (const names of [["other.example.com"], [name, "other.example.com"]])
      assert.equal(resultOf(await finalize((await makeKey("P-256", names)).request)), "400 badCSR");
    const broken = Buffer.from(request);
    broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1);
    assert.equal(resultOf(await finalize(broken)), "400 badCSR");
    assert.equal(resultOf(await finalize(Buffer.from("none"))), "400 badCSR");
    assert.equal(resultOf(await finalize(await requestOfAccountKey(name))), "400 badCSR");
    assert.equal((await finalize(request)).json.status, "valid");
    assert.equal(resultOf(await finalize(request)), "403 orderNotReady");
    const { certificate } = (await post(order.headers.get("location") ?? "", undefined, { kid })).json;
    const body = signedRequest(key, { kid }, { url: String(certificate), nonce: await nonce(), payload: undefined });
    const chain = await fetch(String(certificate), { method: "POST", body, headers: { "content-type": JOSE } });
    const { subjectAltName, validTo } = new X509Certificate(await chain.text());
    assert.deepEqual([subjectAltName, Date.parse(validTo)], [`DNS:${name}`, Date.parse(notAfter)]);
  });
});
