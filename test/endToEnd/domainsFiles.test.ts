import assert from "node:assert/strict";
import { stringify } from "yaml";
import { type Cloud, startCloud } from "../../local";
import { type Authority, createAuthority } from "../support/certificates";
import { engines, livingOn, Project, type Ran } from "../support/pulumiRun";

const names = (count: number) => Array.from({ length: count }, (_, index) => `d${index}.example.com`);

for (const engine of engines)
  describe(`domains in files on the ${engine.name}`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    let authority: Authority;
    let project: Project;
    let env: Record<string, string>;
    before(async () => {
      authority = await createAuthority();
    });
    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site", "shop"], zones: ["example.com"] });
      env = {};
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    const create = async (config: Record<string, unknown>, files: Record<string, string>) => {
      const living = livingOn(cloud);
      project = await Project.create(engine, { ...living, config: { ...living.config, ...config }, files, env });
    };
    const up = async (...flags: string[]) => {
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", ...flags);
      const counts: Record<string, number> = {};
      for (const { operation } of cloud.requests())
        if (!/^(List|Get|Describe)/.test(operation)) counts[operation] = (counts[operation] ?? 0) + 1;
      return counts;
    };
    const bound = () =>
      Object.fromEntries(cloud.state().bindings.map(({ domain, bucket }) => [domain, bucket] as const));
    const resources = () =>
      project
        .resources()
        .filter(({ type }) => /:(BucketCnames|CustomDomain)$/.test(type))
        .map(({ urn }) => urn.split("::").at(-1))
        .sort();

    it("are served as a few resources, in whatever group they are, and leave small outputs", async () => {
      const { chain, privateKey } = await authority.issue({ names: ["*.example.com"] });
      const all = names(30);
      const entries: Record<string, unknown>[] = all.map((domain) => ({ domain }));
      const certificate = { certificateFile: "pair.pem", privateKeyFile: "pair.key" };
      await create(
        {
          "oss-cname:domainsFile": ["lists/own.json", "lists/shop.csv"],
          "oss-cname:defaults": { bucket: "site", dns: "alidns", certificate },
          "oss-cname:domains": [{ domain: "single.example.com" }],
        },
        {
          "pair.pem": chain,
          "pair.key": privateKey,
          "lists/own.json": JSON.stringify(entries),
          "lists/shop.csv": "domain,bucket,dns\nshop.example.com,shop,\nhand.example.com,,manual\n",
        },
      );
      assert.deepEqual(await up(), { CreateCnameToken: 33, AddDomainRecord: 64, PutCname: 64 });
      assert.deepEqual(bound(), {
        ...Object.fromEntries([...all, "single.example.com"].map((domain) => [domain, "site"])),
        "shop.example.com": "shop",
      });
      assert.equal(cloud.state().certificates.length, 1);
      assert.deepEqual(resources(), ["domains", "domains-manual", "single.example.com"]);
      const component = project.resources().find(({ type }) => type.endsWith(":CustomDomains"));
      assert.doesNotMatch(JSON.stringify(component), /example\.com/, "the state has all domains twice");
      const { summary, domains, records } = await project.outputs();
      assert.deepEqual(summary, {
        total: 33,
        statuses: { Enabled: 32, Pending: 1 },
        notEnabled: ["hand.example.com"],
      });
      assert.deepEqual(domains, { "single.example.com": "Enabled" });
      assert.deepEqual(
        (records as string[]).map((line) => line.split(" ").slice(0, 4).join(" ")),
        ["_dnsauth.hand.example.com. 600 IN TXT", "hand.example.com. 600 IN CNAME"],
      );

      // Another group for two, protection for two, and a line less.
      const changed: Record<string, unknown>[] = entries
        .slice(1)
        .map((entry, index) => ({ ...entry, ...(index < 2 ? { protect: true } : index < 4 && { dns: "none" }) }));
      project.write({ "lists/own.json": JSON.stringify(changed) });
      assert.deepEqual(await up(), { DeleteCname: 1, DeleteDomainRecord: 6 });
      assert.deepEqual(resources(), ["domains", "domains-manual", "domains-none", "single.example.com"]);
      assert.equal(bound()["d0.example.com"], undefined);
      assert.deepEqual(await up(), {});
    });

    it("are protected one by one, and let the others go", async () => {
      const entries = (protect: boolean, ...domains: string[]) =>
        stringify(
          domains.map((domain, index) => ({ domain, bucket: "site", dns: "none", protect: protect && index === 0 })),
        );
      const [a = "", b = "", c = ""] = names(3);
      for (const domain of [a, b, c]) cloud.inConsole.moveBinding(domain, "site");
      await create({ "oss-cname:domainsFile": "domains.yaml" }, { "domains.yaml": entries(true, a, b, c) });
      await up();
      project.write({ "domains.yaml": entries(true, a, c) });
      assert.deepEqual(await up(), { DeleteCname: 1 });
      project.write({ "domains.yaml": entries(false, c) });
      const { status, output } = await project.preview();
      assert.notEqual(status, 0);
      assert.match(output.replaceAll(/\s+/g, " "), /no longer declares d0\.example\.com, and protect is set/);
      const destroyed = await project.destroy();
      assert.notEqual(destroyed.status, 0);
      assert.match(destroyed.output, /protect/);
      assert.deepEqual(Object.keys(bound()).sort(), [a, c]);
      project.write({ "domains.yaml": entries(false, a, c) });
      assert.deepEqual(await up(), {});
      project.write({ "domains.yaml": entries(false, c) });
      assert.deepEqual(await up(), { DeleteCname: 1 });
      assert.equal((await project.destroy()).status, 0);
      assert.deepEqual(bound(), {});
    });

    it("go from the configuration to a file and back, and nothing is sent", async () => {
      const entry = (domain: string) => ({
        domain,
        bucket: "site",
        dns: "none",
        certificate: { certId: "1-cn-hangzhou" },
      });
      const all = names(4);
      for (const domain of all) cloud.inConsole.moveBinding(domain, "site");
      await create({ "oss-cname:domains": all.map(entry) }, {});
      assert.deepEqual(await up(), { PutCname: 4 });
      const expected = bound();
      for (const inFile of [all.slice(2), all, all.slice(0, 3), []]) {
        project.write({ "domains.yaml": stringify(inFile.map(entry)) });
        project.configure({
          "oss-cname:domainsFile": inFile.length === 0 ? undefined : "domains.yaml",
          "oss-cname:domains": all.filter((domain) => !inFile.includes(domain)).map(entry),
        });
        assert.deepEqual(await up(), {}, inFile.join());
        assert.deepEqual(bound(), expected);
      }
      assert.deepEqual(resources(), all);
    });

    it("take their records in Alibaba Cloud DNS to the file, and with them when they go", async () => {
      const entries = names(3).map((domain) => ({ domain, bucket: "site", dns: "alidns" }));
      await create({ "oss-cname:domains": entries }, { "domains.yaml": stringify(entries) });
      await up();
      const toFile = { "oss-cname:domains": undefined, "oss-cname:domainsFile": "domains.yaml" };
      project.configure(toFile);
      assert.deepEqual(await up(), {});
      assert.deepEqual(await up("--expect-no-changes"), {});
      project.configure({ "oss-cname:domains": entries, "oss-cname:domainsFile": undefined });
      assert.deepEqual(await up(), {});
      project.configure(toFile);
      assert.deepEqual(await up(), {});
      const { status, output } = await project.destroy();
      assert.equal(status, 0, output);
      assert.deepEqual([cloud.state().bindings, cloud.state().records], [[], []]);
    });

    it("are not removed because their file was cut in half, unless this run allows it", async () => {
      const all = names(1500);
      for (const domain of all) cloud.inConsole.moveBinding(domain, "site");
      const lines = ["domain,bucket,dns", ...all.map((domain) => `${domain},site,none`)].map((line) => `${line}\n`);
      const half = [lines.slice(0, 751).join(""), all.slice(750).sort()] as const;
      await create({ "oss-cname:domainsFile": "domains.csv" }, { "domains.csv": lines.join("") });
      assert.deepEqual(await up(), {});

      const refused = async (run: Promise<Ran>) => {
        cloud.forgetRequests();
        const { status, output } = await run;
        assert.notEqual(status, 0, output);
        assert.deepEqual(
          [Object.keys(bound()).length, cloud.requests().filter(({ operation }) => operation !== "ListCname")],
          [1500, []],
        );
        return output.replaceAll(/\s+/g, " ");
      };
      project.write({ "domains.csv": half[0] });
      for (const run of [() => project.preview(), () => project.up("--skip-preview")]) {
        const output = await refused(run());
        assert.ok(output.includes(half[1].join(", ")), output.slice(0, 2000));
        assert.match(output, /OSS_CNAME_ALLOW_REMOVAL=750 /);
        assert.doesNotMatch(output, /adopted/, "the domains that stay are not new");
      }
      const mistakes: [text: string, expected: RegExp][] = [
        ["", /domains\.csv: has no domains/],
        [half[0].slice(0, -6), /domains\.csv:751 \(d749\.example\.com\): dns: missing|domains\.csv:751: has 2 cells/],
      ];
      for (const [text, expected] of mistakes) {
        project.write({ "domains.csv": text });
        assert.match(await refused(project.up("--skip-preview")), expected);
      }
      project.write({ "domains.csv": half[0] });
      env.OSS_CNAME_ALLOW_REMOVAL = "750";
      assert.deepEqual(await up(), { DeleteCname: 750 });
      assert.deepEqual(Object.keys(bound()).sort(), all.slice(0, 750).sort());
    });
  });
