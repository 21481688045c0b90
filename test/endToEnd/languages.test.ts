// The examples in other languages, each where the Pulumi CLI and that language are on PATH: nothing else runs them.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud } from "../../local";
import { Canaries } from "../support/canaries";
import { type BundledPlugin, bundlePlugin, livingOnWithPlugin, pulumiCli } from "../support/plugin";
import { isOnPath, Project, repository } from "../support/pulumiRun";
import { pulumi } from "../support/sandbox";

const SECRET_KEY = "canary/of-other-languages+5b7e90";

interface Language {
  /** What runs its programs, beside Pulumi itself. */
  readonly needs: readonly string[];
  /** Whether programs need an SDK: YAML's read the schema of the plugin. */
  readonly hasSdk: boolean;
  readonly bound: readonly string[];
}

const languages: Readonly<Record<string, Language>> = {
  yaml: { needs: ["pulumi-language-yaml"], hasSdk: false, bound: ["static.example.com", "www.example.com"] },
  python: {
    needs: ["pulumi-language-python", "python3"],
    hasSdk: true,
    bound: ["shop.example.com", "www.example.com"],
  },
  go: { needs: ["pulumi-language-go", "go"], hasSdk: true, bound: ["www.example.com"] },
};

describe("examples in other languages", function () {
  // Python's packages come over the network, and the first Go program compiles Pulumi's SDK.
  this.timeout(900_000);
  let plugin: BundledPlugin | undefined;
  before(async () => {
    if (pulumiCli) plugin = await bundlePlugin();
  });
  after(() => plugin?.remove());

  for (const [name, language] of Object.entries(languages)) {
    const missing = ["pulumi", ...language.needs].filter((program) => !isOnPath(program));
    if (missing.length > 0) it.skip(`${name}: is run, which needs ${missing.join(" and ")} on PATH`);
    else it(`${name}: up, up again without a change, destroy`, () => run(name, language));
  }

  async function run(name: string, { hasSdk, bound }: Language): Promise<void> {
    assert(pulumiCli && plugin);
    const directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    const cloud = await startCloud({ buckets: ["site"], accessKeySecret: SECRET_KEY });
    let project: Project | undefined;
    try {
      cpSync(join(repository, "examples", name), directory, { recursive: true });
      if (hasSdk) {
        const schema = join(repository, "native", "schema.json");
        const { status, output } = await pulumi(directory, directory, ["package", "add", schema]);
        assert.equal(status, 0, output);
      }
      project = await Project.create(pulumiCli, { directory, ...livingOnWithPlugin(cloud), env: plugin.env });
      await project.expectUp("--skip-preview");
      const domains = cloud.state().bindings.map(({ domain }) => domain);
      assert.deepEqual(domains.sort(), bound);
      const kinds = cloud.state().records.map(({ type }) => type);
      assert.deepEqual(kinds.sort(), [...bound.map(() => "CNAME"), ...bound.map(() => "TXT")]);
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      assert.deepEqual(cloud.requests(), []);
      const canaries = new Canaries({ secretKey: SECRET_KEY });
      canaries.assertAbsent({ state: project.state(), configuration: project.configuration() });
      const { status, output } = await project.destroy("--skip-preview");
      assert.equal(status, 0, output);
      canaries.assertAbsent({ log: project.log, "the state afterwards": project.state() });
      assert.deepEqual([cloud.state().bindings, cloud.state().records], [[], []]);
    } finally {
      project?.remove();
      await cloud.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }
});
