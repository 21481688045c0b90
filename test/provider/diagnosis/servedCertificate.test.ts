import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { servedCertificate } from "../../../provider/diagnosis/servedCertificate";
import { createAuthority } from "../../support/certificates";

describe("servedCertificate", () => {
  it("gives the certificate of a server that nobody trusts", async () => {
    const { certificate, privateKey } = await (await createAuthority()).issue({ names: ["www.example.com"] });
    const server = createServer({ cert: certificate, key: privateKey }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const { fingerprint, validTo } = await servedCertificate("www.example.com", `127.0.0.1:${port}`);
      const expected = new X509Certificate(certificate);
      assert.equal(fingerprint, expected.fingerprint);
      assert.equal(validTo.getTime(), Date.parse(expected.validTo));
    } finally {
      server.close();
    }
  });

  it("fails when nothing listens", async () => {
    await assert.rejects(servedCertificate("www.example.com", "127.0.0.1:1"), /ECONNREFUSED/);
  });
});
