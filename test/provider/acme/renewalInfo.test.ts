import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { AcmeClient } from "../../../provider/acme/client";
import { fetchRenewalInfo, renewalId, renewalMoment } from "../../../provider/acme/renewalInfo";
import { HttpClient } from "../../../provider/http";
import { FakeClock } from "../../support/fakeClock";
import { text, useScriptedServers } from "../../support/scriptedServer";

describe("renewal information", () => {
  const scripted = useScriptedServers();

  it("is asked for by the id that RFC 9773 shows, whose serial number has a byte for its sign", async () => {
    const keyId = "69885b6b87464041e1b37b847ba0ae2cde01c8d4";
    assert.equal(renewalId(await certificate("0087654321", keyId)), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    assert.equal(renewalId(await certificate("0765432100", keyId)), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.B2VDIQA");
  });

  it("has no id of a certificate that does not say whose key has signed it", async () => {
    const pem = await certificate("0765432100");
    assert.throws(() => renewalId(pem), /does not name the key of its authority/);
  });

  it("is of the leaf of a chain", async () => {
    const [leaf, other] = [await certificate("01", "aa"), await certificate("02", "bb")];
    assert.equal(renewalId(`${leaf}\n${other}\n`), renewalId(leaf));
  });

  it("spreads certificates over the whole window, each at a moment of its own", () => {
    const window = { start: new Date(1_000_000), end: new Date(2_000_000) };
    const moments = Array.from({ length: 200 }, (_, index) => renewalMoment(window, `id${index}`).getTime());
    assert.deepEqual(
      moments,
      moments.map((_, index) => renewalMoment(window, `id${index}`).getTime()),
    );
    assert.ok(Math.min(...moments) >= 1_000_000 && Math.min(...moments) < 1_050_000);
    assert.ok(Math.max(...moments) <= 2_000_000 && Math.max(...moments) > 1_950_000);
  });

  for (const [what, body] of Object.entries({
    "without a window": {},
    "with one that ends before it starts": {
      suggestedWindow: { start: "2026-02-01T00:00:00Z", end: "2026-01-01T00:00:00Z" },
    },
    "with one that is none": { suggestedWindow: { start: "soon", end: "later" } },
  }))
    it(`says nothing ${what}`, async () => {
      const { endpoint, received } = await scripted(
        (response, request) => {
          const urls = {
            newNonce: "x",
            newAccount: "x",
            newOrder: "x",
            renewalInfo: `http://${request.headers.host}/ri/`,
          };
          text(200, JSON.stringify(urls))(response, request);
        },
        text(200, JSON.stringify(body)),
      );
      const client = new AcmeClient({
        ...{ directory: `${endpoint}/directory`, http: new HttpClient(), clock: new FakeClock() },
        accountKey: () => assert.fail("nothing is signed"),
        allowHttp: () => false,
      });
      assert.equal(await fetchRenewalInfo(client, "a.b"), undefined);
      assert.deepEqual(
        received.map(({ method, target }) => `${method} ${target}`),
        ["GET /directory", "GET /ri/a.b"],
      );
    });
});

async function certificate(serialNumber: string, keyId?: string): Promise<string> {
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, false, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.create({
    ...{ subject: "CN=a", issuer: "CN=b", serialNumber, signingAlgorithm },
    ...{ publicKey: keys.publicKey, signingKey: keys.privateKey },
    extensions: keyId === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(keyId)],
  });
  return made.toString("pem");
}
