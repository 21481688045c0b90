import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Cloud, startCloud } from "../../local";
import { engines, livingOn, Project } from "../support/pulumiRun";

/** Processes that run in a directory and have a word in their command line. */
function processesIn(directory: string, word: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word) && environment.includes(directory);
    } catch {
      return false;
    }
  });
}

/** Polls, for what tells nobody when it happens. */
async function until(condition: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; !condition(); await delay(50)) if (Date.now() > end) return false;
  return true;
}

for (const engine of engines)
  describe(`a killed engine, the ${engine.name},`, function () {
    this.timeout(120_000);
    let cloud: Cloud;
    let project: Project;

    before(function () {
      if (!existsSync("/proc/self/environ")) this.skip();
    });
    afterEach(async () => {
      project.remove();
      await cloud.close();
    });

    it("takes a waiting provider along, which binds nothing any more", async () => {
      cloud = await startCloud({ buckets: ["site"] });
      const { config, secrets } = livingOn(cloud);
      const program = `
        const { CnameToken, BucketCname } = require("pulumi-oss-cname");
        const site = { bucket: "site", domain: "www.example.com" };
        new BucketCname("www", { ...site, verification: "none" }, { dependsOn: new CnameToken("www", site) });`;
      project = await Project.create(engine, { config, secrets, files: { "index.js": program } });
      const up = project.startUp();
      const providers = () => processesIn(dirname(project.directory), "dynamic-provider");
      const isRefused = () => cloud.requests().some(({ code }) => code === "NeedVerifyDomainOwnership");
      assert.ok(await until(isRefused, 60_000), "the provider asks OSS, and waits");
      assert.ok(providers().length > 0);
      up.kill("SIGKILL");
      assert.ok(await until(() => providers().length === 0, 5000), "the provider ended within five seconds");
      const [{ token = "" } = {}] = cloud.state().tokens;
      cloud.addRecord({ name: "_dnsauth.www.example.com", type: "TXT", value: token });
      assert.deepEqual(cloud.state().bindings, []);
    });
  });
