import assert from "node:assert";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project } from "../support/pulumiRun";

interface Domain {
  readonly domain: string;
  readonly retainOnDelete?: boolean;
}
/** Makes a stack declare domains, each on the bucket `site` with records at Alibaba Cloud DNS. */
type Declare = (project: Project, domains: readonly Domain[]) => void;

const certificate = { certId: "12345-cn-hangzhou" };
const www = { domain: "www.example.com", bucket: "site", dns: "alidns", certificate };
const img = { domain: "img.example.com", bucket: "site", dns: "alidns" };
const shop = { domain: "shop.example.com", bucket: "site", dns: "alidns" };
const retained = { ...www, retainOnDelete: true };

const inConfiguration: Declare = (project, domains) => project.configure({ "oss-cname:domains": domains });
const inProgram: Declare = (project, domains) =>
  project.write({
    "index.js": `
      const { CustomDomain, alidns } = require("pulumi-oss-cname");
      for (const { domain, retainOnDelete, ...args } of ${JSON.stringify(domains)})
        new CustomDomain(domain, { ...args, domain, dns: alidns() }, { retainOnDelete });`,
  });

/** As MIGRATION.md describes it. Both stacks have other domains, too. */
for (const engine of engines)
  describe(`a domain handed to another stack on the ${engine.name}`, function () {
    this.timeout(600_000);
    let cloud: Cloud;
    const projects: Project[] = [];

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
    });
    afterEach(async () => {
      for (const project of projects.splice(0).reverse()) project.remove();
      await cloud.close();
    });

    const create = async (beside?: Project) => {
      const { config, secrets } = livingOn(cloud);
      const name = beside ? "heir" : "giver";
      const files = { "Pulumi.yaml": `name: ${name}\nruntime: nodejs\nmain: index.js\n` };
      const project = await Project.create(engine, { config, secrets, files, ...(beside && { beside }) });
      projects.push(project);
      return project;
    };
    const served = () => ({ bindings: cloud.state().bindings, records: cloud.state().records });
    const bound = () =>
      cloud
        .state()
        .bindings.map(({ domain }) => domain)
        .sort();
    const quiet = async (project: Project, ...flags: string[]) => {
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", ...flags);
      assert.deepEqual(cloud.requests(), []);
    };
    const writes = () => cloud.requests().filter(({ operation }) => !/^(List|Get|Describe)/.test(operation));

    /** Two stacks with a domain each, one of which has the domain to hand over, and can no longer unbind it. */
    const prepare = async (declare: Declare) => {
      const giver = await create();
      declare(giver, [www, img]);
      await giver.expectUp("--skip-preview");
      const heir = await create(giver);
      declare(heir, [shop]);
      await heir.expectUp("--skip-preview");
      const before = served();
      declare(giver, [retained, img]);
      await quiet(giver, "--expect-no-changes");
      return { giver, heir, before };
    };
    const remove = async (declare: Declare, giver: Project) => {
      declare(giver, [img]);
      await quiet(giver);
      assert(!giver.state().includes("CustomDomain::www.example.com"));
    };
    const take = async (declare: Declare, heir: Project) => {
      declare(heir, [shop, www]);
      cloud.forgetRequests();
      await heir.expectUp("--skip-preview");
      assert.deepEqual(writes(), []);
    };
    const isTheHeirs = async ({ giver, heir, before }: Awaited<ReturnType<typeof prepare>>) => {
      assert.deepEqual(served(), before);
      await quiet(giver, "--expect-no-changes");
      await quiet(heir, "--expect-no-changes");
      assert.equal((await giver.destroy("--skip-preview")).status, 0);
      assert.deepEqual(bound(), ["shop.example.com", "www.example.com"]);
      assert.equal((await heir.destroy("--skip-preview")).status, 0);
      assert.deepEqual(bound(), []);
      // It has adopted them.
      const left = cloud.state().records.map(({ name, type }) => `${type} ${name}`);
      assert.deepEqual(left.sort(), ["CNAME www.example.com", "TXT _dnsauth.www.example.com"]);
    };

    it("by the configuration: the new stack takes it, the old one forgets it", async () => {
      const stacks = await prepare(inConfiguration);
      await take(inConfiguration, stacks.heir);
      await quiet(stacks.giver, "--expect-no-changes");
      await remove(inConfiguration, stacks.giver);
      await isTheHeirs(stacks);
    });

    it("by programs, the other way round: the old stack forgets it, the new one takes it", async () => {
      const stacks = await prepare(inProgram);
      await remove(inProgram, stacks.giver);
      assert.deepEqual(served(), stacks.before);
      await take(inProgram, stacks.heir);
      await isTheHeirs(stacks);
    });

    if (engine.name === "Pulumi CLI") {
      const move = (giver: Project, heir: Project) => {
        const found = giver.resources().find(({ urn }) => urn.endsWith("CustomDomain::www.example.com"));
        assert(found);
        const stacks = ["--source", giver.fullName, "--dest", heir.fullName];
        return giver.run("state", "move", ...stacks, "--yes", found.urn);
      };

      it("is not lost when `pulumi state move` cannot move it, and the next step is taken nevertheless", async () => {
        const { giver, heir, before } = await prepare(inConfiguration);
        await assert.rejects(move(giver, heir), /default already exists in destination stack/);
        await remove(inConfiguration, giver);
        assert.deepEqual(served(), before);
      });

      it("goes to an empty stack with its records by `pulumi state move`", async () => {
        const { giver, before } = await prepare(inConfiguration);
        const heir = await create(giver);
        inConfiguration(heir, [www]);
        await move(giver, heir);
        inConfiguration(giver, [img]);
        cloud.forgetRequests();
        await giver.expectUp("--skip-preview");
        await heir.expectUp("--skip-preview");
        assert.deepEqual(cloud.requests(), []);
        assert.deepEqual(served(), before);
        assert.equal((await heir.destroy("--skip-preview")).status, 0);
        assert.deepEqual(bound(), ["img.example.com", "shop.example.com"]);
        assert.equal(cloud.state().records.length, 4);
      });
    }
  });
