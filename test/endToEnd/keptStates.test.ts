import assert from "node:assert";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { type Cloud, startCloud, type WorldState } from "../../local";
import { engines, Project, repository } from "../support/pulumiRun";

const folder = join(repository, "test", "fixtures", "states");
const kept = readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());

for (const engine of engines)
  describe(`states of earlier versions on the ${engine.name}`, function () {
    this.timeout(180_000);
    let cloud: Cloud;
    let project: Project;

    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    /** Years later: the services are as they were left, but no token is valid any more. */
    const open = async (name: string) => {
      const { "world.json": world = "", ...files } = filesOf(join(folder, name));
      const before = JSON.parse(world) as WorldState & Record<"oss" | "alidns" | "dns", string>;
      cloud = await startCloud({ state: { ...before, tokens: [] } });
      cloud.addCredential({
        accessKeyId: "ak2",
        accessKeySecret: "sk2",
        owner: "2222222222222222",
      });
      // The services listen on other ports than they did.
      const moved = (text = "") =>
        text
          .replaceAll(before.oss, cloud.oss)
          .replaceAll(before.alidns, cloud.alidns)
          .replaceAll(before.dns, cloud.dns);
      const { "state.json": state, ...rest } = files;
      project = await Project.create(engine, {
        files: { ...rest, "Pulumi.kept.yaml": moved(rest["Pulumi.kept.yaml"]) },
        kept: { stack: "kept", project: "kept-states", state: moved(state) },
      });
    };
    const succeed = async (command: Promise<{ status: number; output: string }>) => {
      const { status, output } = await command;
      assert.equal(status, 0, output);
    };
    const writes = () => {
      const all = cloud.requests().filter(({ operation }) => !/^(List|Get|Describe)/.test(operation));
      cloud.forgetRequests();
      return all.map(({ operation, domain, certificate }) =>
        [operation, domain, ...(certificate ? ["certificate"] : [])].join(" "),
      );
    };
    const createTxtRecords = () => {
      for (const { domain, token } of cloud.state().tokens)
        cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value: token });
    };
    const names = () => {
      const { bindings, records } = cloud.state();
      return {
        bindings: bindings.map(({ domain }) => domain),
        records: records.map(({ name, type }) => `${type} ${name}`),
      };
    };

    for (const name of kept.filter((each) => each.startsWith("declarations")))
      it(`${name}: goes on, binds what was pending, and is destroyed`, async () => {
        await open(name);
        await succeed(project.up("--refresh", "--skip-preview"));
        assert.deepEqual(writes(), ["CreateCnameToken byhand.example.com"]);
        createTxtRecords();
        await succeed(project.up("--skip-preview"));
        assert.deepEqual(writes(), ["PutCname byhand.example.com", "PutCname byhand.example.com certificate"]);
        // Its CNAME record is looked for by a resource that those versions did not make.
        cloud.addRecord({ name: "byhand.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
        await succeed(project.up("--skip-preview"));
        assert.deepEqual(writes(), []);
        await succeed(project.preview("--expect-no-changes"));
        await succeed(project.destroy("--skip-preview"));
        assert.deepEqual(names(), {
          bindings: [],
          records: ["TXT _dnsauth.byhand.example.com", "CNAME byhand.example.com"],
        });
      });

    for (const name of kept.filter((each) => each.startsWith("program")))
      it(`${name}: goes on, finishes its move, and is destroyed`, async () => {
        await open(name);
        await succeed(project.up("--refresh", "--skip-preview"));
        assert.deepEqual(writes(), ["CreateCnameToken moved.example.com"]);
        createTxtRecords();
        await succeed(project.up("--skip-preview"));
        assert.deepEqual(writes(), [
          "PutCname moved.example.com",
          "DeleteCname moved.example.com",
          "PutCname moved.example.com",
        ]);
        await succeed(project.preview("--expect-no-changes"));
        await succeed(project.destroy("--skip-preview"));
        assert.deepEqual(names(), {
          bindings: [],
          records: ["CNAME old.example.com", "TXT _dnsauth.moved.example.com"],
        });
      });
  });

/** Texts of all files below a directory, by their paths. */
function filesOf(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((path) => join(directory, path));
  return Object.fromEntries(
    paths
      .filter((path) => statSync(path).isFile())
      .map((path) => [relative(directory, path), readFileSync(path, "utf8")]),
  );
}
