import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../local/cloud";
import { runHere, signedAt } from "../support/command";
import { engines, livingOn, Project, type StoredResource } from "../support/pulumiRun";

const BUCKETS = ["one", "two", "three"];

/** Binds four domains to each bucket, as other clients would, two of them with a certificate. */
function bindByHand(cloud: Cloud): void {
  for (const bucket of BUCKETS)
    for (let index = 0; index < 4; index++) {
      const domain = `n${index}.${bucket}.example.com`;
      cloud.inConsole.moveBinding(domain, bucket);
      const certId = `${1000 + index}-cn-hangzhou`;
      if (index % 2 === 1) cloud.inConsole.replaceCertificate(domain, { certId });
    }
}

for (const engine of engines)
  describe(`domains adopted on the ${engine.name}`, function () {
    this.timeout(300_000);
    let cloud: Cloud;
    let project: Project | undefined;
    before(async () => {
      cloud = await startCloud({ buckets: BUCKETS });
      bindByHand(cloud);
    });
    after(() => cloud.close());
    afterEach(() => project?.remove());

    async function adopted(how: "configuration" | "program" = "configuration") {
      project = await Project.create(engine, {
        ...livingOn(cloud),
        ...(how === "program" && {
          // Pulumi wants a program before there is one.
          files: { "Pulumi.yaml": "name: trial\nruntime: nodejs\nmain: index.ts\n", "index.ts": "" },
        }),
      });
      const file = join(project.directory, "import.json");
      const into =
        how === "program"
          ? ["-o", join(project.directory, "index.ts"), "--typescript"]
          : ["-o", project.configurationFile, "--merge"];
      if (how === "program") rmSync(join(project.directory, "index.ts"));
      const args = [...into, "--import-file", file, ...signedAt(cloud)];
      const { status, stderr } = await runHere(["adopt", ...BUCKETS, ...args]);
      assert.equal(status, 0, stderr);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      return { project, file };
    }
    const writes = () => cloud.requests().filter(({ operation }) => !/^(List|Get)/.test(operation));

    it("are taken over without a write, and become what the import file says", async () => {
      const { project, file } = await adopted();
      const bindings = cloud.state().bindings;
      const { status, output } = await project.up();
      assert.equal(status, 0, output);
      assert.match(output, /n\d\.\w+\.example\.com is bound to bucket \w+ already and is not bound again/);
      assert.deepEqual(writes(), []);
      assert.deepEqual(cloud.state().bindings, bindings);
      const ours: { resources: Imported[] } = JSON.parse(readFileSync(file, "utf8"));
      const kept = project.resources().filter(({ type }) => !/^pulumi:/.test(type));
      assert.equal(kept.length, 3 * (4 + 4 + 4 + 2) + 1);
      const byUrn = (one: { urn: string }, other: { urn: string }) => (one.urn < other.urn ? -1 : 1);
      assert.deepEqual(
        ours.resources.map((resource) => ({ ...asStored(resource, kept) })).sort(byUrn),
        kept
          .map(({ urn, id, inputs, outputs, parent }) => ({
            urn,
            ...(id !== undefined && { id, inputs, outputs }),
            parent,
          }))
          .sort(byUrn),
      );
    });

    it("are taken over without a write by a program, which then shows no change", async () => {
      const { project } = await adopted("program");
      const bindings = cloud.state().bindings;
      const { status, output } = await project.up();
      assert.equal(status, 0, output);
      assert.match(output, /n\d\.\w+\.example\.com is bound to bucket \w+ already and is not bound again/);
      const again = await project.up("--expect-no-changes");
      assert.equal(again.status, 0, again.output);
      assert.deepEqual(writes(), []);
      assert.deepEqual(cloud.state().bindings, bindings);
    });

    for (const how of engine.name === "Pulumi CLI" ? (["configuration", "program"] as const) : [])
      it(`show no change at all once they are imported and declared in a ${how}`, async () => {
        const { project, file } = await adopted(how);
        const before = cloud.requests().length;
        const imported = await project.import("--file", file, "--generate-code=false");
        assert.equal(imported.status, 0, imported.output);
        assert.equal(cloud.requests().length, before);
        const { status, output } = await project.up("--expect-no-changes");
        assert.equal(status, 0, output);
        const refused = await project.destroy("--skip-preview");
        assert.equal(refused.status, 1);
        assert.match(refused.output, /cannot be deleted\s+because it is protected/);
        assert.deepEqual(writes(), []);
      });
  });

interface Imported {
  readonly type: string;
  readonly name: string;
  readonly logicalName?: string;
  readonly parent?: string;
  readonly component?: boolean;
  readonly id?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/** An entry of the import file as Pulumi would store it. */
function asStored({ type, name, logicalName = name, parent, id, inputs, outputs }: Imported, kept: StoredResource[]) {
  const stack = kept[0]?.urn.split("::").slice(0, 2).join("::") ?? "";
  const project = stack.replace(/^urn:pulumi:(.*)::(.*)$/, "$2-$1");
  const component = "oss-cname:index:CustomDomain";
  return {
    urn: `${stack}::${parent === undefined ? "" : `${component}$`}${type}::${logicalName}`,
    ...(id !== undefined && { id, inputs, outputs }),
    parent: parent === undefined ? `${stack}::pulumi:pulumi:Stack::${project}` : `${stack}::${component}::${parent}`,
  };
}
