import assert from "node:assert";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { type Cloud, type RequestEntry, startCloud } from "../../local";
import { Canaries } from "../support/canaries";
import { createAuthority } from "../support/certificates";
import { runHere, signedAt } from "../support/command";
import {
  type Engine,
  engines,
  livingOn,
  Project,
  type ProjectOptions,
  repository,
  writeFiles,
} from "../support/pulumiRun";
import { hasPulumi, pulumi } from "../support/sandbox";

const examples = join(repository, "examples");
const SECRET_KEY = "canary/of-the-examples+8d41f2";
const OTHER_SECRET_KEY = "canary/of-another-account+c07e19";
const execute = promisify(execFile);

interface Example {
  /** What the example needs beside a cloud with the buckets `site` and `site-intl`. */
  readonly prepare?: (cloud: Cloud, scratch: string) => Promise<Pick<ProjectOptions, "config" | "env">>;
  /** Domains bound in the end. */
  readonly bound: string[];
  /** What else it shows, while it is up. */
  readonly shows?: (cloud: Cloud, project: Project, scratch: string) => Promise<void>;
}

const runnable: Record<string, Example> = {
  "one-domain": { bound: ["www.example.com"] },
  certificate: {
    async prepare(_cloud, scratch) {
      const { chain, privateKey } = await (await createAuthority()).issue({ names: ["www.example.com"] });
      writeFiles(scratch, { "www.pem": chain, "www.key": privateKey });
      return {
        config: {
          "certificate:certificateFile": join(scratch, "www.pem"),
          "certificate:privateKeyFile": join(scratch, "www.key"),
        },
      };
    },
    bound: ["www.example.com"],
  },
  "hundred-domains": {
    bound: Array.from({ length: 100 }, (_, index) => `shop${String(index + 1).padStart(3, "0")}.example.com`),
  },
  "another-account": {
    async prepare(cloud, scratch) {
      const owner = "2222222222222222";
      cloud.addCredential({ accessKeyId: "intl-id", accessKeySecret: OTHER_SECRET_KEY, owner });
      cloud.addBucket({ name: "site-intl", owner, region: "ap-southeast-1" });
      const profile = { name: "intl", mode: "AK", access_key_id: "intl-id", access_key_secret: OTHER_SECRET_KEY };
      writeFiles(scratch, { ".aliyun/config.json": JSON.stringify({ current: "intl", profiles: [profile] }) });
      return { env: { HOME: scratch } };
    },
    bound: ["www.example.com"],
  },
  "dns-elsewhere": {
    async prepare() {
      const double = join(repository, "test", "fixtures", "doubles", "cloudflare.cjs");
      return { config: { "dns-elsewhere:zoneId": "zone" }, env: { NODE_OPTIONS: `--require ${double}` } };
    },
    bound: ["www.example.com"],
  },
  "https-by-itself": { bound: ["www.example.com"], shows: runsDaily },
  "manual-dns": { bound: [] },
  "config-only": {
    async prepare() {
      return { config: { "oss-cname:domains": [{ domain: "www.example.com", bucket: "site", dns: "alidns" }] } };
    },
    bound: ["www.example.com"],
  },
};
/** They have tests of their own, those in other languages in `languages.test.ts`. */
const others = ["offline-test", "yaml", "python", "go"];

describe("examples", function () {
  this.timeout(180_000);

  it("are all here", () => {
    const present = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(present.map(({ name }) => name).sort(), [...Object.keys(runnable), ...others].sort());
  });

  it("config-only: its template is for projects with their own names, and for this version", () => {
    const read = (path: string) => JSON.parse(readFileSync(join(repository, path), "utf8"));
    const { name, dependencies } = read("examples/config-only/template/package.json");
    // This is how pulumi new knows where a project's own name belongs.
    assert.match(name, /^\$\{PROJECT\}$/);
    assert.equal(dependencies["pulumi-oss-cname"], `^${read("package.json").version}`);
  });

  for (const [what, flags, expected] of [
    ["a name and a description", ["--name", "shop", "--description", "All: our 'shops'"], ["shop", "All: our 'shops'"]],
    ["nothing but a directory", [], ["my-domains"]],
  ] as const)
    (hasPulumi ? it : it.skip)(`config-only: pulumi new makes a project of ${what}`, async () => {
      const scratch = mkdtempSync(join(tmpdir(), "oss-cname-"));
      try {
        const template = join(examples, "config-only", "template");
        const args = ["new", template, "--dir", "my-domains", "--generate-only", "--yes", ...flags];
        const { status, output } = await pulumi(scratch, scratch, args);
        assert.equal(status, 0, output);
        const read = (file: string) => parse(readFileSync(join(scratch, "my-domains", file), "utf8"));
        const { name, description } = read("Pulumi.yaml");
        const [wantedName, wantedDescription = description] = expected;
        assert.deepEqual([name, description, read("package.json").name], [wantedName, wantedDescription, wantedName]);
        assert.doesNotMatch(description, /\$\{/);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    });

  it("have the types that they use, Cloudflare's included", async () => {
    await execute(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", examples]).catch(
      ({ stdout }: { stdout: string }) => assert.fail(stdout),
    );
  });

  it("offline-test: its own test passes", async () => {
    const { stdout } = await execute("npm", ["test"], {
      cwd: join(examples, "offline-test"),
      env: { ...process.env, PULUMI_NODEJS_TRANSPILE_ONLY: "true" },
    });
    assert.match(stdout, /1 passing/);
  });

  // One program is as good as another to compare engines by; the rest need not take the time twice.
  for (const [name, example] of Object.entries(runnable))
    for (const engine of name === "one-domain" ? engines : engines.slice(0, 1))
      it(`${name}: up, up again without a change, destroy, on the ${engine.name}`, () => run(name, example, engine));
});

async function run(name: string, example: Example, engine: Engine): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "oss-cname-"));
  const buckets = ["site", "shops-1", "shops-2", "shops-3", "shops-4"];
  const cloud = await startCloud({ buckets, accessKeySecret: SECRET_KEY });
  let project: Project | undefined;
  try {
    const { config, secrets } = livingOn(cloud);
    const { config: more, env = {} } = (await example.prepare?.(cloud, scratch)) ?? {};
    const directory = join(examples, name);
    project = await Project.create(engine, { directory, config: { ...config, ...more }, secrets, env });
    await project.expectUp("--skip-preview");
    const bound = () =>
      cloud
        .state()
        .bindings.map(({ domain }) => domain)
        .sort();
    assert.deepEqual(bound(), example.bound);
    if (example.bound.length > 0) {
      cloud.forgetRequests();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      const isAsked = ({ service, signatureVersion }: RequestEntry) => service === "acme" && signatureVersion === null;
      assert.deepEqual(
        cloud.requests().filter((request) => !isAsked(request)),
        [],
      );
    } else await project.expectUp("--skip-preview");
    await example.shows?.(cloud, project, scratch);
    const keys = readdirSync(scratch).filter((file) => file.endsWith(".key"));
    const canaries = new Canaries({
      secretKey: SECRET_KEY,
      otherSecretKey: OTHER_SECRET_KEY,
      accountKey: cloud.acme.accountKey,
      ...Object.fromEntries(keys.map((file) => [file, readFileSync(join(scratch, file), "utf8")])),
    });
    canaries.assertAbsent({
      state: project.state(),
      configuration: project.configuration(),
      outputs: JSON.stringify(await project.outputs()),
    });
    const { status, output } = await project.destroy("--skip-preview");
    assert.equal(status, 0, output);
    canaries.assertAbsent({ log: project.log, "the state afterwards": project.state() });
    assert.deepEqual([bound(), cloud.state().records], [[], []]);
  } finally {
    project?.remove();
    await cloud.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The workflow of the example: what it runs each day renews the certificate, and tells when that did not work. */
async function runsDaily(cloud: Cloud, project: Project, scratch: string): Promise<void> {
  const file = join(project.directory, ".github", "workflows", "certificates.yml");
  const { on, permissions, jobs } = parse(readFileSync(file, "utf8"));
  assert.match(on.schedule[0].cron, /^\d+ \d+ \* \* \*$/);
  assert.deepEqual(permissions, { contents: "read" });
  const commands: string[] = jobs.renew.steps.flatMap(({ run = "" }) => run.trim().split("\n"));
  const argsOf = (start: string) => {
    const line = commands.find((command) => command.startsWith(start)) ?? assert.fail(`no ${start}`);
    return line.slice(start.length).trim().replace('--stack "$STACK"', "").trim().split(/\s+/);
  };
  assert.ok(argsOf("pulumi stack export").join(" ").endsWith("state.json"));

  const renewed = () => cloud.state().bindings[0]?.certId;
  const state = join(scratch, "state.json");
  const report = async () => {
    writeFiles(scratch, {
      "state.json": JSON.stringify({ version: 3, deployment: { resources: project.resources() } }),
    });
    const args = argsOf("npx oss-cname").map((arg) => (arg === "state.json" ? state : arg));
    const { status, stdout, stderr } = await runHere([...args, ...signedAt(cloud)]);
    assert.equal(stderr, "");
    const [domain] = JSON.parse(stdout).domains;
    return { status, renewal: domain.renewal };
  };
  const first = renewed();
  const { status, renewal } = await report();
  assert.deepEqual([status, renewal.problem], [0, null]);
  assert.ok(Date.parse(renewal.at) > Date.now());

  const past = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  cloud.setRenewalWindow({ start: past(20), end: past(10) });
  cloud.fail({ operation: "newOrder", status: 403, code: "rejectedIdentifier" });
  await project.expectUp(...argsOf("pulumi up").filter((arg) => arg !== "--yes"));
  assert.equal(renewed(), first);
  const failed = await report();
  assert.equal(failed.status, 3);
  assert.match(failed.renewal.problem, /could not be renewed/);

  cloud.clearFaults();
  await project.expectUp(...argsOf("pulumi up").filter((arg) => arg !== "--yes"));
  assert.notEqual(renewed(), first);
  assert.equal((await report()).status, 0);
}
