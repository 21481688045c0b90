import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../local";
import { type Authority, createAuthority } from "../support/certificates";
import { engines, livingOn, Project } from "../support/pulumiRun";

/** Certificates as `pairs` in the configuration say: each for several domains, as texts or as files. */
const program = `
  const { readFileSync } = require("node:fs");
  const { join } = require("node:path");
  const pulumi = require("@pulumi/pulumi");
  const { CnameCertificate } = require("pulumi-oss-cname");
  for (const { name, domains, as, days, certId } of new pulumi.Config("trial").requireObject("pairs"))
    for (const domain of domains) {
      const [chain, key] = [name + ".pem", name + ".key"];
      const text = (file) => readFileSync(join(__dirname, file), "utf8");
      new CnameCertificate(domain, {
        bucket: "site",
        domain,
        expiryWarningDays: days,
        ...(certId
          ? { certId }
          : as === "files"
          ? { certificateFile: chain, privateKeyFile: key }
          : { certificate: text(chain), privateKey: text(key) }),
      });
    }
`;

for (const engine of engines)
  describe(`certificates on the ${engine.name}`, function () {
    this.timeout(180_000);
    let cloud: Cloud;
    let authority: Authority;
    let project: Project | undefined;
    const domains = ["a.example.com", "b.example.com", "c.example.com", "d.example.com"];

    before(async () => {
      authority = await createAuthority();
    });
    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
      for (const domain of domains) cloud.inConsole.moveBinding(domain, "site");
    });
    afterEach(async () => {
      project?.remove();
      await cloud.close();
    });

    const issue = (daysLeft: number) =>
      authority.issue({ names: ["*.example.com"], validTo: new Date(Date.now() + (daysLeft + 0.5) * 86_400_000) });
    const create = (pairs: object[], files: Record<string, string>) => {
      const { config, secrets } = livingOn(cloud);
      return Project.create(engine, {
        files: { "index.js": program, ...files },
        config: { ...config, "trial:pairs": pairs },
        secrets,
      });
    };
    const succeed = async (command: Promise<{ status: number; output: string }>) => {
      const { status, output } = await command;
      assert.equal(status, 0, output);
      return output;
    };
    const assertHidden = (key: string, text: string, where: string) => {
      for (const line of key.split("\n"))
        assert.ok(line === "" || line.startsWith("-----") || !text.includes(line), `the private key is in ${where}`);
    };
    /** The CLI shows each of them twice. */
    const warnings = (output: string) =>
      output
        .slice(Math.max(output.indexOf("Diagnostics:"), 0))
        .match(/the certificate .* (?:expires in|expired on).*/g) ?? [];

    it("keeps a key that was given as a plain text encrypted, and one in a file in no state at all", async () => {
      const [text, file] = [await issue(90), await issue(90)];
      project = await create(
        [
          { name: "text", domains: ["a.example.com"], as: "texts" },
          { name: "file", domains: ["b.example.com"], as: "files" },
        ],
        { "text.pem": text.chain, "text.key": text.privateKey, "file.pem": file.chain, "file.key": file.privateKey },
      );
      await succeed(project.preview("--diff"));
      await succeed(project.up("--skip-preview"));
      const stored = (domain: string) =>
        project?.resources().find(({ id, type }) => id === domain && type.endsWith("CnameCertificate"));
      const { inputs = {}, outputs = {} } = stored("a.example.com") ?? {};
      assert.ok((inputs.privateKey as { ciphertext?: string } | undefined)?.ciphertext, "the key is not encrypted");
      assert.ok(!("privateKey" in outputs));
      assert.ok(!JSON.stringify(stored("b.example.com")).includes("ciphertext"));
      const requests = cloud.requests().length;
      await succeed(project.up("--skip-preview", "--expect-no-changes"));
      assert.equal(cloud.requests().length, requests);
      // New content of a file is a change.
      const renewed = await issue(120);
      project.write({ "file.pem": renewed.chain, "file.key": renewed.privateKey });
      const end = ({ certificate }: { readonly certificate: string }) =>
        new Date(new X509Certificate(certificate).validTo).toISOString();
      const preview = await succeed(project.preview("--diff"));
      assert.match(preview, new RegExp(`validTo *: "${end(file)}" => "${end(renewed)}"`));
      await succeed(project.up("--skip-preview", "--diff"));
      assert.equal(cloud.requests().filter(({ operation }) => operation === "PutCname").length, 3);
      // Gone files are in nobody's way.
      for (const gone of ["text.pem", "text.key", "file.pem", "file.key"]) rmSync(join(project.directory, gone));
      await succeed(project.refresh("--skip-preview"));
      await succeed(project.destroy("--skip-preview"));
      assert.deepEqual(
        cloud.state().bindings.map(({ certId }) => certId),
        domains.map(() => undefined),
      );
      for (const { privateKey } of [text, file, renewed]) {
        assertHidden(privateKey, project.log, "what was printed");
        assertHidden(privateKey, project.state(), "the state");
      }
    });

    it("does not overwrite what another stack has put on the domain, and says so in the preview", async () => {
      const { chain } = await issue(90);
      cloud.inConsole.replaceCertificate("a.example.com", { certificate: chain });
      const before = cloud.state().bindings;
      const own = await issue(90);
      project = await create([{ name: "own", domains: ["a.example.com"], as: "files" }], {
        "own.pem": own.chain,
        "own.key": own.privateKey,
      });
      for (const { status, output } of [await project.preview(), await project.up("--skip-preview")]) {
        assert.notEqual(status, 0);
        assert.match(output, /a\.example\.com has a certificate that is neither recorded nor declared/);
      }
      assert.deepEqual(cloud.state().bindings, before);
      assert.ok(!cloud.requests().some(({ operation }) => operation === "PutCname"));
    });

    it("does not print a key that it refuses", async () => {
      const [one, other] = [await issue(90), await issue(90)];
      project = await create([{ name: "mixed", domains: ["a.example.com"], as: "texts" }], {
        "mixed.pem": one.chain,
        "mixed.key": other.privateKey,
      });
      const swapped = await project.preview();
      assert.notEqual(swapped.status, 0);
      assert.match(swapped.output, /privateKey does not belong to any certificate of the chain/);
      project.write({
        "mixed.pem": one.privateKey.replaceAll("PRIVATE KEY", "CERTIFICATE"),
        "mixed.key": one.privateKey,
      });
      const disguised = await project.up();
      assert.notEqual(disguised.status, 0);
      assert.match(disguised.output, /certificate contains a private key under a CERTIFICATE header/);
      for (const { privateKey } of [one, other]) assertHidden(privateKey, project.log, "what was printed");
      assert.deepEqual(cloud.requests(), []);
    });

    it("warns once of a certificate that ends soon, in preview and in up", async () => {
      const [soon, sooner, later] = [await issue(20), await issue(19), await issue(40)];
      const pairs = (days?: number) => [
        { name: "soon", domains: ["a.example.com", "b.example.com"], as: "files", days },
        { name: "later", domains: ["c.example.com"], as: "texts" },
        { domains: ["d.example.com"], certId: "555-cn-hangzhou", days },
      ];
      cloud.addCertificate({ certId: "555-cn-hangzhou", certificate: sooner.chain });
      project = await create(pairs(), {
        "soon.pem": soon.chain,
        "soon.key": soon.privateKey,
        "later.pem": later.chain,
        "later.key": later.privateKey,
      });
      const ofPair = /the certificate for \*\.example\.com expires in 20 days, on \d{4}-/;
      const ofCertId = /the certificate 555-cn-hangzhou of d\.example\.com expires in 19 days, on \d{4}-/;
      // What a CertId is good for is known when it has been put.
      for (const [output, expected] of [
        [await succeed(project.preview()), [ofPair]],
        [await succeed(project.up("--skip-preview")), [ofCertId, ofPair]],
        [await succeed(project.preview()), [ofCertId, ofPair]],
      ] as const) {
        const found = warnings(output).sort();
        assert.equal(found.length, expected.length, output);
        for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? "", pattern);
      }
      project.configure({ "trial:pairs": pairs(10) });
      assert.deepEqual(warnings(await succeed(project.preview("--expect-no-changes"))), []);
    });
  });
