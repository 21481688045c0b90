import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project, type Ran } from "../support/pulumiRun";

const names = Array.from({ length: 12 }, (_, index) => `d${String(index + 10)}.example.com`);

/** Declares its domains late, in an exported function. */
const PROGRAM = `const oss = require("pulumi-oss-cname");
const { readFile } = require("node:fs/promises");
module.exports = async () => {
  const domains = JSON.parse(await readFile("domains.json", "utf8"));
  for (const domain of domains) new oss.CustomDomain(domain, { bucket: "site", domain, dns: oss.none });
  return { count: domains.length };
};
`;

for (const engine of engines)
  describe(`removal of domains on the ${engine.name}`, function () {
    this.timeout(180_000);
    let cloud: Cloud;
    let project: Project;
    let env: Record<string, string>;

    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site"] });
      // Bound by somebody else before, so that they need no proof.
      for (const name of names) cloud.inConsole.moveBinding(name, "site");
      env = {};
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    const configured = (domains: readonly string[]) => ({
      "oss-cname:domains": domains.map((domain) => ({ domain, bucket: "site", dns: "none" })),
    });
    const create = async (config: Record<string, unknown>, files: Record<string, string> = {}) => {
      const living = livingOn(cloud);
      project = await Project.create(engine, { ...living, config: { ...living.config, ...config }, files, env });
      await project.expectUp("--skip-preview");
      cloud.forgetRequests();
    };
    const bound = () =>
      cloud
        .state()
        .bindings.map(({ domain }) => domain)
        .sort();
    const refused = async (run: Promise<Ran>, removed: readonly string[]) => {
      const { status, output } = await run;
      assert.notEqual(status, 0, output);
      assert.ok(output.replaceAll(/\s+/g, " ").includes(removed.join(", ")), output);
      assert.match(output, new RegExp(`OSS_CNAME_ALLOW_REMOVAL=${removed.length} `));
      assert.deepEqual(bound(), names);
      assert.deepEqual(cloud.requests(), []);
    };

    it("is refused for many at once, in the preview and without one, unless this run allows it", async () => {
      await create(configured(names));
      project.configure(configured(names.slice(11)));
      await refused(project.preview(), names.slice(0, 11));
      await refused(project.up("--skip-preview"), names.slice(0, 11));
      env.OSS_CNAME_ALLOW_REMOVAL = "11";
      await project.expectUp();
      assert.deepEqual(bound(), names.slice(11));
    });

    it("is refused for a list that is empty", async () => {
      await create(configured(names));
      project.configure(configured([]));
      await refused(project.up("--skip-preview"), names);
    });

    it("is refused for what a program declares late, or no more", async () => {
      const declaring = (domains: readonly string[]) => ({ "domains.json": JSON.stringify(domains) });
      await create({}, { "index.js": PROGRAM, ...declaring(names) });
      await project.expectUp("--expect-no-changes");
      for (const few of [names.slice(11), []]) {
        project.write(declaring(few));
        await refused(project.up("--skip-preview"), names.slice(0, 12 - few.length));
      }
    });

    it("is not refused for few, each of which counts once, nor by destroy", async () => {
      await create(configured(names));
      for (const few of [names.slice(6), names.slice(11)]) {
        project.configure(configured(few));
        await project.expectUp("--skip-preview");
        assert.deepEqual(bound(), few);
      }
      project.configure(configured(names));
      for (const name of names.slice(0, 11)) cloud.inConsole.moveBinding(name, "site");
      await project.expectUp("--skip-preview");
      const { status, output } = await project.destroy();
      assert.equal(status, 0, output);
      assert.deepEqual([bound(), project.resources()], [[], []]);
    });
  });
