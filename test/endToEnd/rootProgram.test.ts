import assert from "node:assert";
import { X509Certificate } from "node:crypto";
import { join, relative } from "node:path";
import { type Cloud, type RequestEntry, startCloud } from "../../local";
import { elementOf, list } from "../support/call";
import { type Authority, createAuthority } from "../support/certificates";
import { engines, livingOn, Project, repository } from "../support/pulumiRun";

const SECRET_KEY = "9aVery0Secret8Key7OfTheTests";

/** What reached the services, without the questions. */
function writes(cloud: Cloud): string[] {
  return cloud
    .requests()
    .filter(({ operation }) => !/^(List|Get|Describe)/.test(operation))
    .map(describeWrite);
}

function describeWrite({ operation, domain, rr, type, recordId, certificate }: RequestEntry): string {
  const what = rr === undefined ? (recordId ?? domain) : `${type} ${rr}.${domain}`;
  return `${operation} ${what}${certificate?.deleteCertificate ? " deleteCertificate" : certificate ? " certificate" : ""}`;
}

for (const engine of engines)
  describe(`root program on the ${engine.name}`, function () {
    this.timeout(180_000);
    let cloud: Cloud;
    let authority: Authority;
    const projects: Project[] = [];

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site", "shop"], accessKeySecret: SECRET_KEY });
      authority ??= await createAuthority();
    });
    afterEach(async () => {
      for (const project of projects.splice(0)) project.remove();
      await cloud.close();
    });

    const declare = async (domains: object[], files: Record<string, string> = {}, directory?: string) => {
      const { config, secrets } = livingOn(cloud);
      const project = await Project.create(engine, {
        ...(directory ? { directory } : { files }),
        config: { ...config, "oss-cname:domains": domains },
        secrets,
      });
      projects.push(project);
      return project;
    };
    const succeed = async (command: Promise<{ status: number; output: string }>) => {
      const { status, output } = await command;
      assert.equal(status, 0, output);
      return output;
    };
    const served = (domain: string) => {
      const { bindings, certificates } = cloud.state();
      const binding = bindings.find((one) => one.domain === domain);
      return {
        bucket: binding?.bucket,
        fingerprint: certificates.find(({ certId }) => certId === binding?.certId)?.fingerprint,
        certId: binding?.certId,
      };
    };
    const sha1 = (pem: string) => new X509Certificate(pem).fingerprint;

    it("takes domains from declared to served, keeps them, rotates a certificate, and takes all back", async () => {
      const [first, second] = [
        await authority.issue({ names: ["shop.example.com"] }),
        await authority.issue({ names: ["shop.example.com"] }),
      ];
      const project = await declare(
        [
          { domain: "www.example.com", bucket: "site", dns: "alidns" },
          {
            domain: "shop.example.com",
            bucket: "shop",
            dns: "alidns",
            certificate: { certificateFile: "certs/shop.pem", privateKeyFile: "certs/shop.key" },
          },
          { domain: "img.example.com", bucket: "site", dns: "alidns", certificate: { certId: "12345-cn-hangzhou" } },
        ],
        { "certs/shop.pem": first.chain, "certs/shop.key": first.privateKey },
      );

      await succeed(project.up());
      const done = writes(cloud);
      assert.deepEqual(
        done.filter((write) => write.includes("shop")),
        [
          "CreateCnameToken shop.example.com",
          "AddDomainRecord TXT _dnsauth.shop.example.com",
          "PutCname shop.example.com",
          "PutCname shop.example.com certificate",
          "AddDomainRecord CNAME shop.example.com",
        ],
      );
      assert.deepEqual(
        done.filter((write) => write.includes("www")),
        [
          "CreateCnameToken www.example.com",
          "AddDomainRecord TXT _dnsauth.www.example.com",
          "PutCname www.example.com",
          "AddDomainRecord CNAME www.example.com",
        ],
      );
      assert.equal(done.length, 14);
      assert.equal(served("www.example.com").bucket, "site");
      assert.equal(served("img.example.com").certId, "12345-cn-hangzhou");
      assert.equal(served("shop.example.com").fingerprint, sha1(first.chain));
      const cname = cloud.state().records.find(({ name }) => name === "shop.example.com");
      assert.equal(cname?.value, "shop.oss-cn-hangzhou.aliyuncs.com");

      cloud.forgetRequests();
      await succeed(project.up("--skip-preview", "--expect-no-changes"));
      assert.deepEqual(cloud.requests(), []);
      const { domains, records } = await project.outputs();
      assert.deepEqual(domains, {
        "www.example.com": "Enabled",
        "shop.example.com": "Enabled",
        "img.example.com": "Enabled",
      });
      assert.deepEqual(records, []);

      project.write({ "certs/shop.pem": second.chain, "certs/shop.key": second.privateKey });
      const before = served("shop.example.com").certId;
      assert.match(await succeed(project.preview()), /~ 1 to update\n/, "the certificate's change must not ripple");
      await succeed(project.up("--skip-preview"));
      assert.deepEqual(writes(cloud), ["PutCname shop.example.com certificate"]);
      assert.equal(cloud.requests().find(({ certificate }) => certificate)?.certificate?.previousCertId, before);
      assert.equal(served("shop.example.com").fingerprint, sha1(second.chain));

      const shown = project.state() + project.configuration() + project.log + JSON.stringify(await project.outputs());
      for (const secret of [SECRET_KEY, ...keyLines(first.privateKey), ...keyLines(second.privateKey)])
        assert(!shown.includes(secret), "a secret is in the state, the log or the outputs");

      const recordIds = new Map(cloud.state().records.map(({ id, name, type }) => [id, `${type} ${name}`]));
      cloud.forgetRequests();
      await succeed(project.destroy("--skip-preview"));
      const undone = writes(cloud).map((write) => write.replace(/\d+$/, (id) => recordIds.get(id) ?? id));
      assert.deepEqual(
        undone.filter((write) => write.includes("shop")),
        [
          "DeleteDomainRecord CNAME shop.example.com",
          "DeleteCname shop.example.com",
          "DeleteDomainRecord TXT _dnsauth.shop.example.com",
        ],
      );
      assert.equal(undone.length, 9);
      assert.deepEqual([cloud.state().bindings, cloud.state().records], [[], []]);
      assert.deepEqual(project.resources(), []);
    });

    it("keeps a private key that is given as text out of everybody's sight", async () => {
      const { chain, privateKey } = await authority.issue({ names: ["www.example.com"] });
      const { config, secrets } = livingOn(cloud);
      const entry = { domain: "www.example.com", bucket: "site", dns: "alidns", certificate: { certificate: chain } };
      const project = await Project.create(engine, {
        config: { ...config, "oss-cname:domains": [entry] },
        secrets: { ...secrets, "oss-cname:domains[0].certificate.privateKey": privateKey },
      });
      projects.push(project);
      await succeed(project.up("--diff"));
      assert.equal(served("www.example.com").fingerprint, sha1(chain));
      await succeed(project.refresh("--diff"));
      await succeed(project.up("--diff", "--expect-no-changes"));
      const shown = project.state() + project.configuration() + project.log + JSON.stringify(await project.outputs());
      for (const secret of [SECRET_KEY, ...keyLines(privateKey)])
        assert(!shown.includes(secret), "a secret is in the state, the configuration, the log or the outputs");
    });

    it("leaves domains with DNS by hand pending, says which records, and carries on when they are there", async () => {
      const project = await declare([
        { domain: "www.example.com", bucket: "site", dns: "manual" },
        { domain: "shop.example.com", bucket: "shop", dns: "manual", certificate: { certId: "12345-cn-hangzhou" } },
      ]);
      const output = await succeed(project.up("--skip-preview"));
      assert.deepEqual(cloud.state().bindings, []);
      assert.deepEqual(writes(cloud).sort(), ["CreateCnameToken shop.example.com", "CreateCnameToken www.example.com"]);
      const outputs = (await project.outputs()) as { records: string[]; domains: Record<string, string> };
      assert.deepEqual(outputs.domains, { "www.example.com": "Pending", "shop.example.com": "Pending" });
      const records = outputs.records.map((line) => {
        const [, name = "", type = "", value = ""] = /^(\S+)\. 600 IN (\S+) "?([^"]+?)[".]$/.exec(line) ?? [];
        return { name, type, value };
      });
      assert.deepEqual(
        records.map(({ name, type }) => `${type} ${name}`),
        [
          "TXT _dnsauth.www.example.com",
          "CNAME www.example.com",
          "TXT _dnsauth.shop.example.com",
          "CNAME shop.example.com",
        ],
      );
      for (const { token } of cloud.state().tokens) assert(records.some(({ value }) => value === token));
      const rows = output.split("\n").map((line) => line.trim().split(/ {2,}/));
      for (const { name, type, value } of records)
        assert(
          rows.some((row) => [name, type, value].every((cell) => row.includes(cell))),
          output,
        );
      assert.doesNotMatch(output, /warning: /);
      const lines = output.split("\n").filter((line) => line.includes("_dnsauth.www.example.com"));
      assert.equal(lines.length, 1 + 1, `in the table and in the outputs: ${lines.join("\n")}`);

      for (const { name, type, value } of records) if (type === "TXT") cloud.addRecord({ name, type, value });
      const bound = await succeed(project.up("--skip-preview"));
      assert.match(bound, /Create these DNS records/);
      assert.match(bound, /^ *www\.example\.com +CNAME +site\.oss-cn-hangzhou\.aliyuncs\.com +600 +missing *$/m);
      assert.deepEqual((await project.outputs()).records, [
        "www.example.com. 600 IN CNAME site.oss-cn-hangzhou.aliyuncs.com.",
        "shop.example.com. 600 IN CNAME shop.oss-cn-hangzhou.aliyuncs.com.",
      ]);
      for (const { name, type, value } of records) if (type === "CNAME") cloud.addRecord({ name, type, value });
      const carriedOn = await succeed(project.up("--skip-preview"));
      assert.deepEqual(
        [served("www.example.com").bucket, served("shop.example.com").certId],
        ["site", "12345-cn-hangzhou"],
      );
      assert.doesNotMatch(carriedOn, /Create these DNS records|warning: /);
      assert.deepEqual((await project.outputs()).records, []);
      cloud.forgetRequests();
      await succeed(project.up("--expect-no-changes"));
      assert.deepEqual(cloud.requests(), []);
    });

    it("moves a domain to another bucket in one up, missed by readers only between DeleteCname and PutCname", async () => {
      const entry = { domain: "www.example.com", dns: "alidns", certificate: { certId: "12345-cn-hangzhou" } };
      const project = await declare([{ ...entry, bucket: "site" }]);
      await succeed(project.up("--skip-preview"));
      cloud.forgetRequests();
      project.configure({ "oss-cname:domains": [{ ...entry, bucket: "shop" }] });
      cloud.fail({ operation: "PutCname", bucket: "shop", delayMs: 50, times: 2 });
      const moved = succeed(project.up("--skip-preview"));
      const reads = await readUntil(moved, cloud, "www.example.com");
      await moved;
      assert.deepEqual(served("www.example.com"), {
        bucket: "shop",
        certId: "12345-cn-hangzhou",
        fingerprint: served("www.example.com").fingerprint,
      });
      const done = writes(cloud).filter((write) => !write.startsWith("UpdateDomainRecord"));
      assert.deepEqual(
        done.filter((write) => /^(Delete|Put)Cname www\.example\.com$/.test(write)),
        // The first one asks, and is refused.
        ["PutCname www.example.com", "DeleteCname www.example.com", "PutCname www.example.com"],
      );
      const cname = cloud.state().records.find(({ name }) => name === "www.example.com");
      assert.equal(cname?.value, "shop.oss-cn-hangzhou.aliyuncs.com");

      const log = cloud.requests();
      const ofReads = new Set(reads.flatMap(({ requestIds }) => requestIds));
      const ours = log.filter(({ requestId }) => !ofReads.has(requestId));
      const unbound = ours.findIndex(({ operation }) => operation === "DeleteCname");
      assert.deepEqual(
        ours.slice(unbound, unbound + 2).map(({ operation, bucket }) => `${operation} ${bucket}`),
        ["DeleteCname site", "PutCname shop"],
      );
      const placeOf = (id: string | undefined) => log.findIndex(({ requestId }) => requestId === id);
      const [from, to] = [unbound, unbound + 2].map((index) => placeOf(ours[index]?.requestId));
      const seen = { before: 0, missing: 0, after: 0 };
      for (const { requestIds, buckets } of reads) {
        const [first = 0, last = 0] = requestIds.map(placeOf);
        seen[last < Number(from) ? "before" : first > Number(to) ? "after" : "missing"] += 1;
        if (last < Number(from)) assert.deepEqual(buckets, ["site"]);
        else if (first > Number(to)) assert.deepEqual(buckets, ["shop"]);
      }
      assert(seen.before > 0 && seen.missing > 0 && seen.after > 0, JSON.stringify(seen));
      assert(
        reads.some(({ buckets }) => buckets.length === 0),
        "nobody looked while it was unbound",
      );
      await succeed(project.preview("--expect-no-changes"));
    });

    it("refuses wrong entries together, quickly, with nothing sent", async () => {
      const project = await declare([
        { domain: "www.example.com", bukket: "site", dns: "alidns" },
        { domain: "WWW.example.com", bucket: "site", dns: "manual", certificate: { certificateFile: "no.pem" } },
      ]);
      const started = Date.now();
      const { status, output } = await project.up();
      assert.notEqual(status, 0);
      // Pulumi prints a thrown Error through a formatter that can take half a minute on Node 20.
      assert(Date.now() - started < 25_000, "it took too long to fail");
      assert.match(output, /5 mistakes in the stack's configuration; nothing was sent/);
      assert.match(
        output,
        /oss-cname:domains\[0\] \(www\.example\.com\): unknown key "bukket"; did you mean "bucket"\?/,
      );
      assert.match(output, /oss-cname:domains\[1\] \(WWW\.example\.com\): certificate: must be letsEncrypt, /);
      assert.doesNotMatch(output, /\n +at /);
      assert.deepEqual(cloud.requests(), []);
      assert.deepEqual(
        project.resources().filter(({ type }) => !/^pulumi:/.test(type)),
        [],
      );
    });

    it("runs from the repository's own Pulumi.yaml, files beside it", async () => {
      const { chain, privateKey } = await authority.issue({ names: ["www.example.com"] });
      const elsewhere = await declare([], { "www.pem": chain, "www.key": privateKey });
      const path = (file: string) => relative(repository, join(elsewhere.directory, file));
      const certificate = { certificateFile: path("www.pem"), privateKeyFile: path("www.key") };
      const project = await declare(
        [{ domain: "www.example.com", bucket: "site", dns: "alidns", certificate }],
        {},
        repository,
      );
      await succeed(project.up("--skip-preview"));
      assert.equal(served("www.example.com").fingerprint, sha1(chain));
      const stored = project.resources().find(({ type }) => type.endsWith(":CnameCertificate"));
      assert.equal(
        stored?.inputs?.certificateFile,
        relative(join(repository, "bin", "provider", "program"), join(elsewhere.directory, "www.pem")),
      );
      await succeed(project.destroy("--skip-preview"));
    });
  });

interface Read {
  readonly requestIds: readonly string[];
  /** Those that list the domain. */
  readonly buckets: readonly string[];
}

/** Lists both buckets, over and over, as a client of its own. */
async function readUntil(end: Promise<unknown>, cloud: Cloud, domain: string): Promise<Read[]> {
  const reads: Read[] = [];
  let ended = false;
  const note = () => {
    ended = true;
  };
  end.then(note, note);
  while (!ended && reads.length < 20_000) {
    const requestIds: string[] = [];
    const buckets: string[] = [];
    for (const bucket of ["site", "shop"]) {
      const reply = await list(cloud, bucket);
      assert.equal(reply.status, 200, reply.body);
      requestIds.push(String(reply.headers["x-oss-request-id"]));
      if (elementOf(reply, "Domain") === domain) buckets.push(bucket);
    }
    reads.push({ requestIds, buckets });
  }
  return reads;
}

/** Lines of a key that cannot be anything else. */
function keyLines(pem: string): string[] {
  return pem.split("\n").filter((line) => line.length > 20 && !line.includes("-----"));
}
