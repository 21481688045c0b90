import assert from "node:assert/strict";
import { once } from "node:events";
import { type Cloud, startCloud } from "../../local";
import { type Authority, createAuthority } from "../support/certificates";
import { engines, livingOn, Project } from "../support/pulumiRun";

const DOMAINS = Array.from({ length: 12 }, (_, index) => `w${index}.example.com`);

for (const engine of engines)
  describe(`many domains as one resource on the ${engine.name}`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    let authority: Authority;
    let project: Project;
    before(async () => {
      authority = await createAuthority();
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    const start = async (program: string, files: Readonly<Record<string, string>> = {}) => {
      cloud = await startCloud({ buckets: ["site", "shop"], zones: ["example.com"] });
      project = await Project.create(engine, { files: { "index.js": text(program), ...files }, ...livingOn(cloud) });
    };
    const change = (program: string) => project.write({ "index.js": text(program) });
    const up = async (...flags: string[]) => {
      cloud.forgetRequests();
      await project.expectUp(...flags);
      return writes();
    };
    const writes = () => {
      const counts: Record<string, number> = {};
      for (const { operation } of cloud.requests())
        if (!/^(List|Get|Describe)/.test(operation)) counts[operation] = (counts[operation] ?? 0) + 1;
      return counts;
    };
    const bound = (bucket: string) =>
      cloud
        .state()
        .bindings.filter((binding) => binding.bucket === bucket)
        .map(({ domain }) => domain)
        .sort();
    const sorted = [...DOMAINS].sort();
    const pair = async () => {
      const { chain, privateKey } = await authority.issue({ names: ["*.example.com"] });
      return { "chain.pem": chain, "key.pem": privateKey };
    };
    const FILES = `certificate: { certificateFile: "chain.pem", privateKeyFile: "key.pem" }`;

    it("are served, kept, renewed, moved, taken away and destroyed", async () => {
      const program = (domains: unknown) =>
        `exports.results = new oss.CustomDomains("sites", { bucket: "site", dns: oss.alidns(), ${FILES}, domains: ${JSON.stringify(domains)} }).results;`;
      await start(program(DOMAINS), await pair());
      assert.deepEqual(await up(), { CreateCnameToken: 12, AddDomainRecord: 24, PutCname: 24 });
      assert.deepEqual(bound("site"), sorted);
      assert.equal(cloud.state().certificates.length, 1);
      const made = project.resources().filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
      assert.deepEqual(made.map(({ type }) => type.split(":").at(-1)).sort(), [
        "BucketCnames",
        "RecordMemory",
        "RemovalGuard",
      ]);
      const results = (await project.outputs()).results as Record<string, { status: string; records: unknown[] }>;
      assert.deepEqual(Object.keys(results).sort(), sorted);
      assert.deepEqual([results["w3.example.com"]?.status, results["w3.example.com"]?.records.length], ["Enabled", 2]);

      assert.deepEqual(await up("--expect-no-changes"), {});
      assert.deepEqual(cloud.requests(), []);

      project.write(await pair());
      assert.deepEqual(await up(), { PutCname: 12 });
      assert.equal(cloud.state().certificates.length, 2);

      const entries = Object.fromEntries(DOMAINS.slice(1).map((domain) => [domain, {}]));
      change(program({ ...entries, "w3.example.com": { bucket: "shop" } }));
      const moved = await up();
      assert.deepEqual([moved.DeleteCname, moved.DeleteDomainRecord], [2, 2]);
      assert.deepEqual(bound("shop"), ["w3.example.com"]);
      assert.equal(bound("site").length, 10);

      cloud.forgetRequests();
      assert.equal((await project.destroy()).status, 0);
      assert.deepEqual(writes(), { DeleteDomainRecord: 22, DeleteCname: 11 });
      assert.deepEqual(cloud.state().bindings, []);
      assert.deepEqual(
        cloud.state().records.filter(({ type }) => type === "TXT" || type === "CNAME"),
        [],
      );
    });

    it("go to single resources and back, and from one to another, in one up each", async () => {
      const files = await pair();
      const fleet = (name: string, bucket: string, domains: readonly string[], dns = "none") =>
        `new oss.CustomDomains("${name}", { bucket: "${bucket}", dns: oss.${dns}, ${FILES}, domains: ${JSON.stringify(domains)} });`;
      const singles = (domains: readonly string[]) =>
        `for (const domain of ${JSON.stringify(domains)}) new oss.CustomDomain(domain, { domain, bucket: "site", dns: oss.none, ${FILES} });`;
      await start(fleet("sites", "site", DOMAINS), files);
      for (const domain of DOMAINS) cloud.inConsole.moveBinding(domain, "site");
      assert.deepEqual(await up("--skip-preview"), { PutCname: 12 });
      const [some, others] = [DOMAINS.slice(0, 5), DOMAINS.slice(5)];
      for (const program of [
        singles(some) + fleet("sites", "site", others),
        fleet("sites", "site", some) + fleet("more", "site", others),
      ]) {
        change(program);
        assert.deepEqual(await up("--skip-preview"), {}, program);
        assert.deepEqual(bound("site"), sorted);
      }
      change(fleet("sites", "site", DOMAINS.slice(0, 1)) + fleet("more", "shop", DOMAINS.slice(1), "alidns()"));
      assert.equal((await up("--skip-preview")).DeleteCname, 11);
      assert.deepEqual([bound("site").length, bound("shop").length], [1, 11]);
    });

    it("take their records in Alibaba Cloud DNS along to single resources and back, and nothing is written", async () => {
      const fleet = (name: string, domains: readonly string[]) =>
        `new oss.CustomDomains("${name}", { bucket: "site", dns: oss.alidns(), domains: ${JSON.stringify(domains)} });`;
      const singles = (domains: readonly string[]) =>
        `for (const domain of ${JSON.stringify(domains)}) exports[domain] = new oss.CustomDomain(domain, { domain, bucket: "site", dns: oss.alidns() }).status;`;
      const all = DOMAINS.slice(0, 4);
      await start(fleet("sites", all));
      await up();
      const world = () => JSON.stringify([bound("site"), cloud.state().records]);
      const before = world();
      const [some, others] = [all.slice(0, 2), all.slice(2)];
      for (const program of [singles(some) + fleet("more", others), fleet("sites", all), singles(all)]) {
        change(program);
        assert.deepEqual(await up("--skip-preview"), {}, program);
        assert.equal(world(), before);
      }
      assert.equal((await project.refresh()).status, 0);
      assert.deepEqual(await up("--expect-no-changes"), {});
      assert.equal((await project.destroy()).status, 0);
      assert.deepEqual([cloud.state().bindings, cloud.state().records], [[], []]);
    });

    it("are finished by the next up if the engine and the provider are killed halfway", async () => {
      const program = `new oss.CustomDomains("sites", { bucket: "site", dns: oss.alidns(), ${FILES}, domains: ${JSON.stringify(DOMAINS)} });`;
      await start(program, await pair());
      cloud.fail({ operation: "PutCname", delayMs: 100, times: 1000 });
      const started = project.startUp();
      while (bound("site").length < 5) await new Promise(setImmediate);
      started.kill("SIGKILL");
      await once(started, "close");
      cloud.clearFaults();
      project.unlock();
      await up();
      assert.deepEqual(bound("site"), sorted);
      assert.ok(cloud.state().bindings.every(({ certId }) => certId !== undefined));
      assert.equal((await project.destroy()).status, 0);
      assert.deepEqual([cloud.state().bindings, cloud.state().records.filter(({ type }) => type === "TXT")], [[], []]);
    });
  });

function text(program: string): string {
  return `const oss = require("pulumi-oss-cname");\n${program}\n`;
}
