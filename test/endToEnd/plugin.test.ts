// The plugin as the Pulumi CLI uses it, with programs in YAML. Where the CLI is not on PATH, what stays unproven is how it
// reads the plugin's answers: test/native asks the same over gRPC.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Cloud, startCloud } from "../../local";
import { keyLines } from "../support/certificateScene";
import { createAuthority } from "../support/certificates";
import { type BundledPlugin, bundlePlugin, livingOnWithPlugin, pulumiCli } from "../support/plugin";
import { isOnPath, Project } from "../support/pulumiRun";

const DOMAIN = "www.example.com";
const SITE = { bucket: "site", domain: DOMAIN };
const TOKEN = { type: "oss-cname:CnameToken", properties: SITE };
const TXT = {
  type: "oss-cname:AlidnsRecord",
  properties: { name: `_dnsauth.${DOMAIN}`, type: "TXT", value: "$" + "{token.txtRecord.value}" },
};
const BOUND = { type: "oss-cname:BucketCname", properties: SITE, options: { dependsOn: ["$" + "{txt}"] } };
const missing = ["pulumi", "pulumi-language-yaml"].filter((program) => !isOnPath(program));

(missing.length === 0 ? describe : describe.skip)(
  `the plugin in the Pulumi CLI, which needs ${missing.join(" and ") || "nothing more"}`,
  function () {
    this.timeout(180_000);
    let plugin: BundledPlugin;
    let cloud: Cloud;
    let project: Project;
    before(async () => {
      plugin = await bundlePlugin();
    });
    after(() => plugin.remove());
    beforeEach(async () => {
      cloud = await startCloud({ buckets: ["site", "other"], zones: ["example.com"] });
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    const programOf = (resources: object) => ({
      "Pulumi.yaml": stringify({ name: "trial", runtime: "yaml", resources }, { aliasDuplicateObjects: false }),
    });
    const start = async (resources: object, config: Readonly<Record<string, unknown>> = {}) => {
      assert(pulumiCli);
      const living = livingOnWithPlugin(cloud);
      project = await Project.create(pulumiCli, {
        files: programOf(resources),
        config: { ...living.config, ...config },
        secrets: living.secrets,
        env: plugin.env,
      });
    };
    const writes = () =>
      cloud.requests().flatMap(({ operation }) => (/^(List|Get|Describe)/.test(operation) ? [] : [operation]));

    it("previews what is known, makes it, finds it unchanged, moves it and takes it away, with a key that is secret", async () => {
      const pair = await (await createAuthority()).issue({ names: [DOMAIN] });
      const certificate = {
        type: "oss-cname:CnameCertificate",
        properties: { ...SITE, certificate: pair.chain, privateKey: pair.privateKey },
        options: { dependsOn: ["$" + "{bound}"] },
      };
      const resources = { token: TOKEN, txt: TXT, bound: BOUND, certificate };
      await start(resources);
      const preview = await project.preview("--diff");
      assert.equal(preview.status, 0, preview.output);
      assert.match(preview.output, /cnameTarget: +"site\.oss-cn-hangzhou\.aliyuncs\.com"/);
      assert.match(preview.output, /value *: +\[unknown\]/);
      assert.deepEqual(writes(), []);
      await project.expectUp("--skip-preview");
      assert.equal(cloud.state().bindings[0]?.bucket, "site");

      cloud.forgetRequests();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      assert.deepEqual(cloud.requests(), []);
      const refreshed = await project.refresh("--skip-preview", "--expect-no-changes");
      assert.equal(refreshed.status, 0, refreshed.output);
      assert.deepEqual(writes(), []);

      const moved = { ...SITE, bucket: "other" };
      project.write(
        programOf({
          ...resources,
          token: { ...TOKEN, properties: moved },
          bound: { ...BOUND, properties: moved },
          certificate: { ...certificate, properties: { ...certificate.properties, bucket: "other" } },
        }),
      );
      const diff = await project.preview("--diff");
      assert.match(diff.output, /~ bucket: "site" => "other"/);
      await project.expectUp("--skip-preview");
      assert.equal(cloud.state().bindings[0]?.bucket, "other");

      const destroyed = await project.destroy("--skip-preview");
      assert.equal(destroyed.status, 0, destroyed.output);
      assert.deepEqual([cloud.state().bindings, cloud.state().records.filter(({ type }) => type === "TXT")], [[], []]);
      for (const line of keyLines(pair.privateKey))
        assert.ok(!`${project.log}${project.state()}`.includes(line), "the key in clear");
    });

    it("ends a wait for DNS at once on Ctrl-C, and the next `up` goes on", async () => {
      await start({ token: TOKEN, bound: { ...BOUND, options: { dependsOn: ["$" + "{token}"] } } });
      const up = project.startUp();
      let output = "";
      for (const stream of [up.stdout, up.stderr])
        stream?.on("data", (part) => {
          output += part;
          // The plugin tells of its wait at the resource.
          if (/waiting for TXT _dnsauth/.test(output) && interruptedAt === 0) {
            interruptedAt = Date.now();
            up.kill("SIGINT");
          }
        });
      let interruptedAt = 0;
      const [code] = await once(up, "close");
      assert.notEqual(code, 0);
      assert.match(output, /cancelled/i);
      assert.ok(Date.now() - interruptedAt < 10_000, "it went on waiting");
      assert.deepEqual(cloud.state().bindings, []);
      const [token] = cloud.state().tokens;
      cloud.addRecord({ name: `_dnsauth.${DOMAIN}`, type: "TXT", value: token?.token ?? "" });
      await project.expectUp("--skip-preview");
      assert.equal(cloud.state().bindings[0]?.bucket, "site");
    });

    it("imports a binding, and the code that Pulumi makes of it changes nothing", async () => {
      cloud.inConsole.moveBinding(DOMAIN, "site");
      await start({}, { "oss-cname:buckets": JSON.stringify(["other", "site"]) });
      const stack = ["--stack", project.fullName];
      const file = join(project.directory, "imported.yaml");
      await project.run(
        "import",
        ...stack,
        "--yes",
        "--out",
        file,
        "oss-cname:index:BucketCname",
        "www",
        `site/${DOMAIN}`,
      );
      const code = readFileSync(file, "utf8");
      assert.match(code, /type: oss-cname:BucketCname/);
      project.write({ "Pulumi.yaml": `name: trial\nruntime: yaml\n${code}` });
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      assert.deepEqual(writes(), []);
    });
  },
);
