import assert from "node:assert/strict";
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { certificateProblems, KnownPems, readCertificate } from "../../provider/pem";
import { type Authority, createAuthority, type Issued } from "../support/certificates";

const NOW = Date.UTC(2030, 0, 1);
const days = (count: number) => new Date(NOW + count * 86_400_000);
const validity = { validFrom: days(-10), validTo: days(10) };

describe("certificate", () => {
  let authority: Authority;
  let pair: Issued & { readonly chain: string };

  before(async () => {
    authority = await createAuthority();
    pair = await authority.issue({ names: ["www.example.com", "*.static.example.com"], ...validity });
  });

  /** `property: reason` of each problem. */
  function problems(
    certificate: string | undefined,
    privateKey: string | undefined,
    domain = "www.example.com",
    now = NOW,
  ): string[] {
    const found = certificateProblems({ certificate, privateKey }, domain, now);
    const told = found.map(({ property, reason }) => `${property} ${reason}`);
    for (const line of (privateKey ?? "").split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"))) {
      assert.ok(!told.join("\n").includes(line), "a reason shows the key");
    }
    return told;
  }

  it("is read", () => {
    const read = readCertificate(pair.chain);
    const leaf = new X509Certificate(pair.certificate);
    const ders = [pair.certificate, authority.intermediate.certificate].map((pem) => new X509Certificate(pem).raw);
    assert.deepEqual(read, {
      names: ["www.example.com", "*.static.example.com"],
      commonName: "www.example.com",
      fingerprint: createHash("sha1").update(leaf.raw).digest("hex").toUpperCase().replace(/..\B/g, "$&:"),
      chainDigest: createHash("sha256").update(Buffer.concat(ders)).digest("hex"),
      validFrom: validity.validFrom,
      validTo: validity.validTo,
      chainLength: 2,
    });
  });

  it("has another digest with another intermediate, and the same however it is written", async () => {
    const { chainDigest, fingerprint } = readCertificate(pair.chain);
    const alone = readCertificate(pair.certificate);
    assert.equal(alone.fingerprint, fingerprint);
    assert.notEqual(alone.chainDigest, chainDigest);
    const rewritten = `Bag Attributes: none\r\n${pair.chain.replaceAll("\n", "\r\n")}\n\n`;
    assert.equal(readCertificate(rewritten).chainDigest, chainDigest);
  });

  it("cannot be read from another text", () => {
    assert.throws(() => readCertificate("hello"), /contains no certificate/);
    assert.throws(() => readCertificate(pair.privateKey), /contains a private key/);
  });

  it("has no problems when all is well, with RSA and EC keys in every encoding", async () => {
    assert.deepEqual(problems(pair.chain, pair.privateKey), []);
    assert.deepEqual(problems(pair.certificate, pair.privateKey), []);
    const sec1 = createPrivateKey(pair.privateKey).export({ type: "sec1", format: "pem" }).toString();
    assert.deepEqual(problems(pair.chain, sec1), []);
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    assert.deepEqual(problems(pair.chain, parameters + sec1), []);
    const rsa = await authority.issue({ names: ["www.example.com"], keyType: "rsa", ...validity });
    assert.deepEqual(problems(rsa.chain, rsa.privateKey), []);
    const pkcs1 = createPrivateKey(rsa.privateKey).export({ type: "pkcs1", format: "pem" }).toString();
    assert.deepEqual(problems(rsa.chain, pkcs1), []);
  });

  it("must come with its key and the key with it", () => {
    assert.deepEqual(problems(pair.chain, undefined), ["privateKey is missing: a certificate needs its private key"]);
    assert.deepEqual(problems(undefined, pair.privateKey), [
      "certificate is missing: a private key needs its certificate",
    ]);
  });

  it("must belong to the key", async () => {
    const other = await authority.issue({ names: ["www.example.com"], ...validity });
    const rsa = await authority.issue({ names: ["www.example.com"], keyType: "rsa", ...validity });
    for (const { privateKey } of [other, rsa]) {
      assert.deepEqual(problems(pair.chain, privateKey), [
        "privateKey does not belong to any certificate of the chain",
      ]);
    }
  });

  it("must stand first", () => {
    const { root, intermediate } = authority;
    const reversed = [root.certificate, intermediate.certificate, pair.certificate].join("\n");
    assert.deepEqual(problems(reversed, pair.privateKey), [
      "certificate must begin with the certificate of the private key, which is at position 3 of 3",
    ]);
  });

  it("must cover the domain: exactly, or by a wildcard of one label", () => {
    for (const domain of ["www.example.com", "a.static.example.com"]) {
      assert.deepEqual(problems(pair.chain, pair.privateKey, domain), [], domain);
    }
    for (const domain of [
      "example.com",
      "static.example.com",
      "a.b.static.example.com",
      "www.example.com.evil.example",
    ]) {
      assert.deepEqual(problems(pair.chain, pair.privateKey, domain), [
        `certificate does not cover ${domain}; it is for www.example.com, *.static.example.com`,
      ]);
    }
  });

  it("covers by its common name only without other names", async () => {
    const named = await authority.issue({ names: [], commonName: "www.example.com", ...validity });
    assert.deepEqual(problems(named.chain, named.privateKey), []);
    const both = await authority.issue({ names: ["other.example.com"], commonName: "www.example.com", ...validity });
    assert.deepEqual(problems(both.chain, both.privateKey), [
      "certificate does not cover www.example.com; it is for other.example.com",
    ]);
  });

  it("must be valid now; expiry is told apart", () => {
    const kinds = (now: Date) =>
      certificateProblems({ certificate: pair.chain, privateKey: pair.privateKey }, "www.example.com", now.getTime());
    assert.deepEqual(kinds(days(-11)), [
      { property: "certificate", kind: "notYetValid", reason: "is not valid before 2029-12-22T00:00:00.000Z" },
    ]);
    assert.deepEqual(kinds(days(-10)), []);
    assert.deepEqual(kinds(days(10)), []);
    assert.deepEqual(kinds(days(11)), [
      { property: "certificate", kind: "expired", reason: "expired at 2030-01-11T00:00:00.000Z" },
    ]);
  });

  it("tells every problem", () => {
    assert.equal(problems(pair.chain, "hello", "no.example.com", days(11).getTime()).length, 3);
  });

  describe("text that is not what it should be", () => {
    const relabel = (pem: string, label: string) => pem.replace(/(BEGIN|END) [A-Z ]+-/g, `$1 ${label}-`);

    it("no PEM", () => {
      assert.deepEqual(problems("MIIB", "MIIB"), [
        'certificate contains no certificate ("-----BEGIN CERTIFICATE-----" in PEM)',
        'privateKey contains no private key ("-----BEGIN PRIVATE KEY-----" in PEM)',
      ]);
    });

    it("key and certificate in the wrong place", () => {
      assert.deepEqual(problems(`${pair.chain}\n${pair.privateKey}`, `${pair.privateKey}\n${pair.certificate}`), [
        "certificate contains a private key (block 3 of 3), which belongs in privateKey",
        "privateKey contains a certificate, which belongs in certificate",
      ]);
    });

    it("a key under a CERTIFICATE header", async () => {
      const rsa = await authority.issue({ names: ["www.example.com"], keyType: "rsa", ...validity });
      const pkcs1 = createPrivateKey(rsa.privateKey).export({ type: "pkcs1", format: "pem" }).toString();
      for (const key of [pair.privateKey, rsa.privateKey, pkcs1]) {
        const disguised = relabel(key, "CERTIFICATE");
        assert.deepEqual(problems(pair.chain + disguised, pair.privateKey), [
          "certificate contains a private key under a CERTIFICATE header (block 3 of 3)",
        ]);
        assert.match(
          problems(pair.chain, disguised).join(),
          /^privateKey is a private key under a CERTIFICATE header;/,
        );
      }
    });

    it("keys with a passphrase", () => {
      const key = createPrivateKey(pair.privateKey);
      const secret = { cipher: "aes-256-cbc", passphrase: "secret", format: "pem" } as const;
      for (const type of ["pkcs8", "sec1"] as const) {
        assert.deepEqual(problems(pair.chain, key.export({ ...secret, type }).toString()), [
          "privateKey has a passphrase; OSS takes only keys without one",
        ]);
      }
    });

    it("keys of another kind", async () => {
      const { privateKey } = generateKeyPairSync("ed25519");
      assert.deepEqual(problems(pair.chain, privateKey.export({ type: "pkcs8", format: "pem" }).toString()), [
        "privateKey must be an RSA or EC key, not ed25519",
      ]);
    });

    it("broken blocks", () => {
      const broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
      assert.deepEqual(problems(pair.certificate + broken, pair.privateKey), [
        "certificate contains a certificate that cannot be read (block 2 of 2)",
      ]);
      const cut = pair.chain.replace("-----END CERTIFICATE-----", "");
      assert.deepEqual(problems(cut, pair.privateKey), [
        "certificate contains a certificate that cannot be read (block 1 of 2)",
      ]);
      assert.deepEqual(problems(pair.chain, relabel("-----BEGIN X-----\nMIIB\n-----END X-----\n", "PRIVATE KEY")), [
        "privateKey contains a private key that cannot be read",
      ]);
      assert.deepEqual(problems(pair.chain, pair.privateKey + pair.privateKey), [
        "privateKey contains more than one private key",
      ]);
      assert.deepEqual(problems(relabel(pair.certificate, "CERTIFICATE REQUEST"), pair.privateKey), [
        "certificate contains something other than certificates (block 1 of 1 is CERTIFICATE REQUEST)",
      ]);
    });
  });

  describe("in bounded time", () => {
    it("finds nothing in a megabyte of blocks that never end", () => {
      const started = process.cpuUsage().user;
      assert.throws(() => readCertificate("-----BEGIN CERTIFICATE-----\n".repeat(35_000)), /more than any chain has/);
      assert.ok(process.cpuUsage().user - started < 2_000_000, "seconds of CPU time");
    });

    it("refuses a chain of thousands before it reads any certificate", () => {
      const block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
      assert.throws(() => readCertificate(block.repeat(10_000)), /contains 10000 certificates/);
    });
  });

  it("refuses an RSA key that no authority certifies", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    const [problem] = certificateProblems({ certificate: "", privateKey: pem }, undefined, 0).reverse();
    assert.equal(problem?.reason, "is an RSA key of 1024 bits; certificates need 2048");
  });
});

describe("KnownPems", () => {
  it("reads each text once, whatever it says", async () => {
    const { chain, privateKey } = await (await createAuthority()).issue({ names: ["*.example.com"] });
    const known = new KnownPems();
    assert.equal(known.chain(chain), known.chain(chain));
    assert.equal(known.privateKey(privateKey), known.privateKey(privateKey));
    assert.match(String(known.chain("nothing")), /contains no certificate/);
    assert.notEqual(known.chain(chain), known.chain(`${chain}\n`));
  });
});
