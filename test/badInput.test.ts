// Random input. A failure says the seed that repeats it: `fc.assert(…, { seed, path })`.
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { tmpdir } from "node:os";
import { AUTHORITATIVE_ANSWER, encode } from "dns-packet";
import fc from "fast-check";
import { stackConfig } from "../cli/adopt/stackConfig";
import { settingProblems } from "../provider/config/settings";
import { query } from "../provider/dns/query";
import type { HttpClient } from "../provider/http";
import { domainProblem, foldName } from "../provider/names";
import { OssClient } from "../provider/oss/client";
import { isOssError } from "../provider/oss/error";
import { operations } from "../provider/oss/operations";
import { certificateProblems, readCertificate } from "../provider/pem";
import { ConfigurationError, readConfiguration } from "../provider/program/configuration";
import { Canaries } from "./support/canaries";
import { createAuthority, type IssuedChain } from "./support/certificates";
import { BINDING } from "./support/evidence";
import { HTML_TEXTS, YAML_TEXTS } from "./support/hostileTexts";

/** Texts as people and services write them, and such as nobody does. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom(...YAML_TEXTS, ...HTML_TEXTS),
);

/** A text with parts cut out, put in twice or replaced by others. */
function bent(text: string, others: readonly string[]) {
  const change = fc.record({
    at: fc.nat({ max: text.length }),
    length: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: text.length })),
    by: fc.oneof(fc.constantFrom("", ...others), anyText),
  });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce((rest, { at, length, by }) => rest.slice(0, at) + by + rest.slice(at + length), text),
    );
}

/** What is thrown must be meant: not the error of a mistake in the code. */
function orMeantError(work: () => void): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Error && ["Error", "ConfigurationError"].includes(error.name), String(error));
    assert.ok(error.message.length > 10 && error.message.length < 20_000, error.message.slice(0, 1000));
  }
}

describe("any input gives an answer or a clear error:", () => {
  it("domains", () => {
    const label = fc.oneof(fc.domain(), fc.string({ maxLength: 70 }), fc.constantFrom("-", "*", "xn--a", "1", "a_b"));
    const name = fc.oneof(
      fc.domain(),
      anyText,
      fc.array(label, { maxLength: 6 }).map((labels) => labels.join(".")),
    );
    fc.assert(
      fc.property(name, (given) => {
        const domain = foldName(given);
        if (domainProblem(domain) !== undefined) return;
        assert.match(domain, /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+$/);
        // Some look like punycode and are not.
        if (URL.canParse(`https://${domain}`)) assert.equal(new URL(`https://${domain}`).host, domain);
      }),
      { numRuns: 5000 },
    );
  });

  it("settings", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        for (const [key, problem] of settingProblems({ get: () => value })) assert.ok(key && problem);
      }),
      { numRuns: 1000 },
    );
  });

  describe("certificates and keys", () => {
    let pair: IssuedChain;
    let other: IssuedChain;
    before(async () => {
      const authority = await createAuthority();
      [pair, other] = await Promise.all([
        authority.issue({ names: ["a.example.com"] }),
        authority.issue({ names: [] }),
      ]);
    });

    it("in any order and shape", () => {
      const canaries = new Canaries({ "the key": pair.privateKey }, [pair.chain]);
      const parts = [
        pair.certificate,
        pair.privateKey,
        other.certificate,
        other.privateKey,
        "-----BEGIN CERTIFICATE-----\n",
      ];
      const certificates = fc.oneof(bent(pair.chain, parts), anyText, fc.constant(pair.chain));
      const keys = fc.oneof(bent(pair.privateKey, parts), anyText, fc.constant(pair.privateKey));
      fc.assert(
        fc.property(certificates, keys, (certificate, privateKey) => {
          const problems = certificateProblems({ certificate, privateKey }, "a.example.com", Date.now());
          canaries.assertAbsent({ problems: JSON.stringify(problems) });
          if (problems.length === 0) assert.deepEqual(readCertificate(certificate).names, ["a.example.com"]);
          else orMeantError(() => readCertificate(certificate));
        }),
        { numRuns: 250 },
      );
    });
  });

  it("configuration", () => {
    const value = fc.oneof(anyText, fc.anything({ maxDepth: 3 }), fc.constantFrom("site", "a.example.com", "alidns"));
    const keys = "domain bucket region endpoint dns certificate takeover cnameTarget verification zone ttl".split(" ");
    const entry = fc.oneof(fc.dictionary(fc.constantFrom(...keys, "__proto__", "constructor"), value), value);
    const part = fc.oneof(fc.array(entry, { maxLength: 4 }), entry);
    fc.assert(
      fc.property(part, part, part, (domains, defaults, accounts) => {
        const directories = { rootDirectory: tmpdir(), programDirectory: tmpdir() };
        // As JSON, which is how Pulumi hands it over.
        const [asDomains, asDefaults, asAccounts] = [domains, defaults, accounts].map((given) => {
          const text = asJson(given);
          return text === undefined ? undefined : (JSON.parse(text) as unknown);
        });
        const given = { domains: asDomains, domainsFile: undefined, defaults: asDefaults, accounts: asAccounts };
        try {
          readConfiguration({ ...given, ...directories, settings: {}, now: Date.now() });
        } catch (error) {
          assert.ok(error instanceof ConfigurationError && error.problems.length > 0, (error as Error).stack);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("files that adopt is to add to", () => {
    const { certificate: _, ...plain } = BINDING;
    const file = "config:\n  alicloud:region: cn-hangzhou\n  oss-cname:domains:\n    - domain: a.example.com\n";
    fc.assert(
      fc.property(fc.oneof(bent(file, ["config:", "- ", "&a ", "*a", "!!set ", "<<: "]), anyText), (text) =>
        orMeantError(() => {
          const site = [{ bucket: "site", cnames: [plain] }];
          stackConfig(site, { region: "cn-hangzhou" }, { existing: { path: "Pulumi.dev.yaml", text } });
        }),
      ),
      { numRuns: 1000 },
    );
  });

  it("XML of the service", async () => {
    const good =
      '<?xml version="1.0"?><ListCnameResult><Bucket>site</Bucket><Owner>1</Owner><Cname><Domain>a.example.com</Domain>' +
      "<Status>Enabled</Status><Certificate><CertId>1-a</CertId></Certificate></Cname></ListCnameResult>";
    const parts = [
      "<Cname>",
      "</Cname>",
      "<![CDATA[",
      "]]>",
      "<!--",
      "&lt;",
      "&x;",
      '<!DOCTYPE a [<!ENTITY x "y">]>',
      "<a b='",
    ];
    const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk" });
    await fc.assert(
      fc.asyncProperty(fc.oneof(bent(good, parts), anyText), fc.constantFrom(200, 403), async (body, status) => {
        const http = { exchange: async () => ({ status, headers: { "x-oss-request-id": "R1" }, body }) };
        const client = new OssClient({ region: "cn-hangzhou", credentials, http: http as unknown as HttpClient });
        try {
          const { bucket, cnames } = await operations.listCname(client, "site");
          assert.ok(status === 200 && ["", "site"].includes(bucket) && cnames.every(({ domain }) => domain !== ""));
        } catch (error) {
          assert.ok(isOssError(error) && error.message.length < 10_000, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });

  describe("messages of DNS", () => {
    const question = { type: "TXT", name: "_dnsauth.a.example.com" } as const;
    let server: Socket;
    let noise: Uint8Array;
    beforeEach(async () => {
      server = createSocket("udp4");
      server.on("message", (message, { port }) => {
        const id = message.readUInt16BE(0);
        const answers = [{ ...question, data: "good" }];
        const reply = encode({ type: "response", id, flags: AUTHORITATIVE_ANSWER, questions: [question], answers });
        const bad = Buffer.from(noise);
        if (bad.length > 12) bad.writeUInt16BE(id);
        // Not one that sends the client to TCP, where nobody listens.
        if (bad.length > 12) bad.writeUInt8((bad[2] ?? 0) & 0xfd, 2);
        server.send(bad, port, "127.0.0.1");
        server.send(reply, port, "127.0.0.1");
      });
      await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    });
    afterEach(() => server.close());

    it("before the one that is good", async () => {
      const reply = encode({ type: "response", id: 1, questions: [question], answers: [{ ...question, data: "bad" }] });
      const changes = fc.array(fc.tuple(fc.nat({ max: reply.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 });
      const changed = changes.map((all) => {
        const copy = Buffer.from(reply);
        for (const [at, byte] of all) copy[at] = byte;
        return copy;
      });
      const message = fc.oneof(fc.uint8Array({ maxLength: 600 }), changed);
      await fc.assert(
        fc.asyncProperty(message, async (bytes) => {
          noise = bytes;
          const { questions } = await query({ address: "127.0.0.1", port: server.address().port }, question, 5000);
          assert.equal(foldName(questions?.[0]?.name ?? ""), question.name);
        }),
        { numRuns: 1000 },
      );
    });
  });
});

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // Big numbers and circles are nothing in JSON.
  }
}
