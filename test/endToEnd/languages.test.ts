// The examples in other languages, each where the Pulumi CLI and that language are on PATH: nothing else runs them.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Cloud, startCloud } from "../../local";
import { Canaries } from "../support/canaries";
import { createAuthority } from "../support/certificates";
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

  const isYaml = pulumiCli && isOnPath("pulumi-language-yaml");
  (isYaml ? it : it.skip)("docs/languages.md: its program does what it says", async () => {
    assert(pulumiCli && plugin);
    const page = readFileSync(join(repository, "docs", "languages.md"), "utf8");
    const [, program = ""] = /^```yaml\n(name: [\s\S]*?)^```/m.exec(page) ?? [];
    const { resources, ...rest } = parse(program);
    const { chain, privateKey } = await (await createAuthority()).issue({ names: ["www.example.com"] });
    const cloud = await startCloud({ buckets: ["site"], accessKeySecret: SECRET_KEY });
    const abroad = await startCloud({ buckets: ["site-intl"], region: "ap-southeast-1", accessKeySecret: SECRET_KEY });
    let project: Project | undefined;
    try {
      // The profile of a machine would lead to the real cloud; everything else is as it is written.
      const { config, secrets } = livingOnWithPlugin(abroad);
      const settings = Object.entries({ ...config, ...secrets }).map(([key, value]) => [
        key.replace(/^.*:/, ""),
        value,
      ]);
      assert.equal(resources.intl.properties.region, abroad.region);
      resources.intl.properties = { ...Object.fromEntries(settings), dnsServers: [abroad.dns] };
      const files = {
        "Pulumi.yaml": stringify({ ...rest, resources }),
        "certs/www.pem": chain,
        "certs/www.key": privateKey,
      };
      project = await Project.create(pulumiCli, { files, ...livingOnWithPlugin(cloud), env: plugin.env });
      await project.expectUp("--skip-preview");
      assert.deepEqual(
        cloud.state().records.map(({ name, type, ttl }) => [name, type, ttl]),
        [
          ["_dnsauth.www.example.com", "TXT", 3600],
          ["www.example.com", "CNAME", 3600],
        ],
      );
      const [www] = cloud.state().bindings;
      assert(www?.certId);
      const { url, records } = await project.outputs();
      assert.equal(url, "https://www.example.com");
      const [token] = abroad.state().tokens;
      const record = { name: "_dnsauth.sg.example.com", type: "TXT", value: token?.token, ttl: 600 };
      assert.deepEqual((records as unknown[])[0], record);
      new Canaries({ secretKey: SECRET_KEY, privateKey }).assertAbsent({ state: project.state(), log: project.log });
    } finally {
      project?.remove();
      await Promise.all([cloud.close(), abroad.close()]);
    }
  });

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
      if (hasSdk && isOnPath("pulumi-language-yaml")) await goOnFromYaml(project, cloud, bound);
    } finally {
      project?.remove();
      await cloud.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }
});

/** The same domains in a YAML program, and then in that of the project: another language is no change. */
async function goOnFromYaml(project: Project, cloud: Cloud, domains: readonly string[]): Promise<void> {
  const program = readFileSync(join(project.directory, "Pulumi.yaml"), "utf8");
  const resources = domains.map((domain) => [
    domain.replace(/\..*/, ""),
    { type: "oss-cname:CustomDomain", properties: { bucket: "site", domain, dns: "alidns" } },
  ]);
  const { name } = parse(program);
  project.write({ "Pulumi.yaml": stringify({ name, runtime: "yaml", resources: Object.fromEntries(resources) }) });
  await project.expectUp("--skip-preview");
  const ours = () => {
    const resources = project.resources().filter(({ type }) => !type.startsWith("pulumi:"));
    return resources.map(({ urn, id }) => `${urn} ${id}`).sort();
  };
  const before = ours();
  cloud.forgetRequests();
  project.write({ "Pulumi.yaml": program });
  await project.expectUp("--skip-preview");
  assert.deepEqual([ours(), cloud.requests()], [before, []]);
}
