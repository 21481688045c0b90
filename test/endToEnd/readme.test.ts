import assert from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { startCloud } from "../../local";
import { createAuthority } from "../support/certificates";
import { engines, livingOn, Project, repository } from "../support/pulumiRun";

const readme = readFileSync(join(repository, "README.md"), "utf8");

/** The first block of a language in a document. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  assert(found, `README.md has no block of ${language}`);
  return found;
}

describe("README", function () {
  this.timeout(120_000);

  it("shows a program and a configuration that do what it says", async () => {
    const { chain, privateKey } = await (await createAuthority()).issue({ names: ["shop.example.com"] });
    const cloud = await startCloud({ buckets: ["site", "shop"] });
    const [engine] = engines;
    const { config, secrets } = livingOn(cloud);
    const bound = () => cloud.state().bindings.map(({ domain, bucket }) => `${domain} ${bucket}`);
    const certs = { "certs/shop.pem": chain, "certs/shop.key": privateKey };
    const projects: Project[] = [];
    try {
      assert(engine);
      const program = await Project.create(engine, {
        files: { ...certs, "Pulumi.yaml": "name: readme\nruntime: nodejs\nmain: index.ts\n", "index.ts": block("ts") },
        config,
        secrets,
      });
      projects.push(program);
      await program.expectUp("--skip-preview");
      assert.deepEqual(bound().sort(), ["shop.example.com shop", "www.example.com site"]);
      assert.deepEqual((await program.outputs()).urls, ["http://www.example.com", "https://shop.example.com"]);

      const declared = parse(block("yaml")).config;
      const settings = { files: certs, config: { ...config, ...declared }, secrets };
      const configured = await Project.create(engine, settings);
      projects.push(configured);
      const { output } = await configured.expectUp("--skip-preview");
      assert.deepEqual(bound().sort(), ["img.example.com site", "shop.example.com shop", "www.example.com site"]);
      assert.match(output, /_dnsauth\.static\.example\.com/);
    } finally {
      for (const project of projects) project.remove();
      await cloud.close();
    }
  });

  it("links to files that are there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = ""]) => path);
    assert.deepEqual(
      links.filter((path) => !path.startsWith("https:") && !existsSync(join(repository, path))),
      [],
    );
  });
});
