import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type Cloud, startCloud } from "../../local";
import { systemClock } from "../../provider/clock";
import { ACCOUNT, DAY_MS, register } from "../support/acmeScene";
import { Canaries } from "../support/canaries";
import { engines, livingOn, Project } from "../support/pulumiRun";

const [ONE, TWO] = ["www.example.com", "shop.example.com"];

/** A domain by itself, and one in a file with others. */
const declared = {
  "oss-cname:defaults": { bucket: "site", dns: "alidns", certificate: "letsEncrypt" },
  "oss-cname:domains": [{ domain: ONE, protect: true }],
  "oss-cname:domainsFile": "more.csv",
};

for (const engine of engines)
  describe(`certificates that renew themselves, on the ${engine.name}`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    let project: Project;

    before(async () => {
      cloud = await startCloud({ buckets: ["site"] });
      await register(cloud.acme.directory, systemClock as never);
      const { config, secrets } = livingOn(cloud);
      project = await Project.create(engine, {
        files: { "more.csv": `domain\n${TWO}\n` },
        config: { ...config, ...declared },
        secrets: { ...secrets, ...ACCOUNT },
      });
    });
    after(async () => {
      project?.remove();
      await cloud.close();
    });

    const served = (domain: string) => {
      const { bindings, certificates } = cloud.state();
      const { certId } = bindings.find((binding) => binding.domain === domain) ?? {};
      const { chain } = certificates.find((certificate) => certificate.certId === certId) ?? {};
      assert.ok(chain, `${domain} has no certificate that was issued`);
      return new X509Certificate(chain);
    };
    const proofs = () => cloud.state().records.filter(({ name }) => name.startsWith("_acme-challenge."));
    const recommend = (from: number, to: number) => {
      const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
      cloud.setRenewalWindow({ start: at(from), end: at(to) });
    };
    const operations = (service: string) =>
      cloud.requests().flatMap((request) => (request.service === service ? request.operation : []));

    it("issues them, and leaves no proof and no key behind", async () => {
      await project.expectUp("--skip-preview");
      assert.deepEqual([served(ONE).subjectAltName, served(TWO).subjectAltName], [`DNS:${ONE}`, `DNS:${TWO}`]);
      assert.deepEqual(proofs(), []);
      const canaries = new Canaries({ accountKey: ACCOUNT["oss-cname:acmeAccountKey"] });
      canaries.assertAbsent({ log: project.log, requests: JSON.stringify(cloud.requests()) });
      canaries.assertAbsentBelow(project.directory, []);
      const state = JSON.stringify(await project.state());
      assert.doesNotMatch(state, /PRIVATE KEY|MIGHAgEAMBMGByqGSM49/);
    });

    it("asks the CA for nothing but a time where nothing changes", async () => {
      cloud.forgetRequests();
      await project.expectUp("--skip-preview");
      assert.deepEqual([...new Set(operations("acme"))].sort(), ["directory", "renewalInfo"]);
      assert.deepEqual([operations("oss"), operations("alidns"), operations("cas")], [[], [], []]);
    });

    it("renews them when the CA recommends it, protected or not, and says so in the preview", async () => {
      const before = [served(ONE).serialNumber, served(TWO).serialNumber];
      recommend(-2, -1);
      cloud.forgetRequests();
      const { output } = await project.preview();
      assert.match(output, /the certificate for www\.example\.com is to be renewed: due since/);
      assert.deepEqual([operations("cas"), operations("alidns")], [[], []]);
      await project.expectUp("--skip-preview");
      const now = [served(ONE).serialNumber, served(TWO).serialNumber];
      assert.equal(new Set([...before, ...now]).size, 4);
      recommend(20, 21);
    });

    it("warns where that fails, keeps what is there, and does everything else", async () => {
      const before = served(ONE).serialNumber;
      recommend(-2, -1);
      cloud.fail({ operation: "newOrder", times: 99, status: 403, code: "unauthorized", message: "a bad day" });
      const { output } = await project.expectUp("--skip-preview");
      assert.match(
        output,
        /the certificate for www\.example\.com could not be renewed\. It is valid until .*a bad day/,
      );
      assert.equal(served(ONE).serialNumber, before);
      cloud.clearFaults();
      recommend(20, 21);
    });

    it("is destroyed without revoking or deleting a certificate", async () => {
      const { certificates } = cloud.state();
      project.configure({ "oss-cname:domains": [{ domain: ONE, protect: false }] });
      await project.expectUp("--skip-preview");
      await project.destroy();
      assert.deepEqual([cloud.state().bindings, proofs()], [[], []]);
      assert.equal(cloud.state().certificates.length, certificates.length);
    });
  });
