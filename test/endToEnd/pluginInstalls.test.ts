// Each way to install the plugin that docs/languages.md has: what the Pulumi CLI finds must make a token.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { parse, stringify } from "yaml";
import { type Cloud, startCloud } from "../../local";
import { writeArchives } from "../../scripts/archives";
import { startGitHost } from "../support/gitHost";
import { type BundledPlugin, bundlePlugin, livingOnWithPlugin, pulumiCli } from "../support/plugin";
import { Project, repository } from "../support/pulumiRun";
import { pulumi } from "../support/sandbox";

const { version, bin } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
const PROGRAM = {
  name: "trial",
  runtime: "yaml",
  resources: {
    token: { type: "oss-cname:CnameToken", properties: { bucket: "site", domain: "www.example.com" } },
  },
};
/** `pulumi install` looks for news of its own for two minutes where names do not resolve. */
const NO_INTERNET = { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "127.0.0.1,localhost" };

(pulumiCli ? describe : describe.skip)("the plugin, installed", function () {
  this.timeout(300_000);
  let plugin: BundledPlugin;
  let scratch: string;
  let cloud: Cloud;
  let project: Project | undefined;
  before(async () => {
    plugin = await bundlePlugin();
  });
  after(() => plugin.remove());
  beforeEach(async () => {
    scratch = mkdtempSync(join(tmpdir(), "oss-cname-"));
    cloud = await startCloud({ buckets: ["site"] });
  });
  afterEach(async () => {
    project?.remove();
    project = undefined;
    await cloud.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** A project with the program above, and its CLI. */
  async function start(env: Readonly<Record<string, string>> = {}, more: object = {}) {
    assert(pulumiCli);
    const directory = join(scratch, "project");
    mkdirSync(directory);
    writeFileSync(join(directory, "Pulumi.yaml"), stringify({ ...PROGRAM, ...more }));
    const home = { PULUMI_HOME: join(directory, "home"), PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "false" };
    const all = { ...home, ...NO_INTERNET, ...env };
    project = await Project.create(pulumiCli, { directory, ...livingOnWithPlugin(cloud), env: all });
    const run = async (...args: string[]) => {
      const { status, output } = await pulumi(directory, scratch, args, all);
      assert.equal(status, 0, `pulumi ${args.join(" ")}: ${output}`);
    };
    const declared = () => parse(readFileSync(join(directory, "Pulumi.yaml"), "utf8")).packages["oss-cname"];
    return { directory, run, declared, up: () => project?.expectUp("--skip-preview") };
  }

  const assertWorks = () => assert.equal(cloud.state().tokens.length, 1);

  it("is found on PATH, where npm puts it", async () => {
    // npm links the names of `bin` into a directory that is on PATH.
    assert.equal(bin["pulumi-resource-oss-cname"], "plugin/pulumi-resource-oss-cname");
    const onPath = join(scratch, "bin");
    mkdirSync(onPath);
    symlinkSync(plugin.path, join(onPath, "pulumi-resource-oss-cname"));
    const { up } = await start({ PATH: [onPath, process.env.PATH].join(delimiter) });
    await up();
    assertWorks();
  });

  it("is found at a path in Pulumi.yaml", async () => {
    const directory = join(scratch, "node_modules", "pulumi-oss-cname", "plugin");
    cpSync(join(repository, "plugin"), directory, { recursive: true });
    cpSync(plugin.path, join(directory, basename(plugin.path)));
    const path = "../node_modules/pulumi-oss-cname/plugin";
    const { up } = await start({}, { plugins: { providers: [{ name: "oss-cname", path }] } });
    await up();
    assertWorks();
  });

  it("comes from a file", async () => {
    const [archive = ""] = writeArchives(plugin.path, join(scratch, "archives")).filter(isForThisMachine);
    const { run, up } = await start();
    await run("plugin", "install", "resource", "oss-cname", `v${version}`, "--file", archive);
    await up();
    assertWorks();
  });

  it("comes from a server: pulumi plugin install, pulumi package add, and again on another machine", async () => {
    const archives = writeArchives(plugin.path, join(scratch, "archives"));
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const archive = archives.find((path) => request.url === `/${basename(path)}`);
      if (archive === undefined) response.writeHead(404).end();
      else response.end(readFileSync(archive));
    });
    try {
      const url = await listen(server);
      const { directory, run, declared, up } = await start();
      const forget = () => {
        rmSync(join(directory, "home"), { recursive: true, force: true });
        asked.length = 0;
      };
      await run("plugin", "install", "resource", "oss-cname", `v${version}`, "--server", url);
      await up();
      assertWorks();
      forget();
      await run("package", "add", `oss-cname@${version}`, "--server", url);
      assert.deepEqual(declared(), { source: "oss-cname", version, pluginDownloadURL: url });
      forget();
      await run("install");
      await up();
      assert.deepEqual(
        asked.map((path) => basename(path)),
        archives.filter(isForThisMachine).map((path) => basename(path)),
      );
    } finally {
      server.close();
    }
  });

  (process.platform === "linux" ? it : it.skip)("comes from a Git tag, and again on another machine", async () => {
    // A stand-in for npm: what the plugin's package.json asks for is here already, and not for the network.
    const tools = join(scratch, "tools");
    mkdirSync(tools);
    const sdk = join(repository, "node_modules", "@pulumi", "pulumi");
    const install = `mkdir -p node_modules/@pulumi && ln -s '${sdk}' node_modules/@pulumi/pulumi`;
    writeFileSync(join(tools, "npm"), `#!/bin/sh\n[ "$1" != install ] || { ${install}; }\n`, { mode: 0o755 });
    tagRelease(join(scratch, "git"), plugin.path);
    const host = await startGitHost("git.example.com", join(scratch, "git"));
    try {
      const { directory, run, declared, up } = await start({
        ...host.env,
        PATH: [tools, process.env.PATH].join(delimiter),
      });
      const source = `git.example.com/org/oss.git/plugin@${version}`;
      await run("package", "add", `https://${source}`);
      assert.deepEqual(declared(), source);
      await up();
      assertWorks();
      rmSync(join(directory, "home"), { recursive: true, force: true });
      await run("install");
      await up();
    } finally {
      host.close();
    }
  });
});

function isForThisMachine(archive: string): boolean {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return archive.endsWith(`-${platform}-${process.arch === "x64" ? "amd64" : process.arch}.tar.gz`);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A repository with a tag as CONTRIBUTING.md makes it for a release: the file that is not on main is in it. */
function tagRelease(root: string, executable: string): void {
  const work = join(root, "org", "oss.git");
  cpSync(join(repository, "plugin"), join(work, "plugin"), { recursive: true });
  cpSync(executable, join(work, "plugin", basename(executable)));
  cpSync(join(repository, ".gitignore"), join(work, ".gitignore"));
  const git = (...args: string[]) => execFileSync("git", ["-C", work, ...args], { stdio: "pipe" });
  git("init", "--quiet", "--initial-branch", "main");
  git("add", "--all");
  git("add", "--force", `plugin/${basename(executable)}`);
  git("-c", "user.name=release", "-c", "user.email=release@example.com", "commit", "--quiet", "--message", "Release");
  git("tag", `v${version}`);
}
