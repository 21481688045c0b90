import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../../local/cloud";
import { createAuthority } from "../../support/certificates";
import { at, ossCname, runHere, signedAt } from "../../support/command";

const DAY_MS = 86_400_000;

describe("oss-cname list", () => {
  let cloud: Cloud;
  /** When the two certificates expire. */
  let ends: { late: string; early: string };

  before(async () => {
    const authority = await createAuthority();
    cloud = await startCloud({ buckets: ["site", "empty"] });
    const bind = async (domain: string, certId: string, days: number) => {
      // OSS tells whole seconds.
      const validTo = new Date(Math.floor((Date.now() + days * DAY_MS) / 1000) * 1000);
      const { certificate } = await authority.issue({ names: [domain], validTo });
      cloud.inConsole.moveBinding(domain, "site");
      cloud.addCertificate({ certId, certificate });
      cloud.inConsole.replaceCertificate(domain, { certId });
      return validTo.toISOString();
    };
    ends = {
      late: await bind("www.example.com", "11-cn-hangzhou", 62.5),
      early: await bind("old.example.com", "12-cn-hangzhou", 5.5),
    };
    cloud.inConsole.moveBinding("plain.example.com", "site");
    cloud.inConsole.disable("plain.example.com");
  });
  after(() => cloud.close());

  async function listed(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await runHere(["list", ...args, ...signedAt(cloud)]);
    assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
    return stdout;
  }

  it("shows a table", async () => {
    assert.equal(
      await listed("site"),
      [
        "DOMAIN             STATUS    CERTIFICATE     EXPIRES                   DAYS LEFT",
        `www.example.com    Enabled   11-cn-hangzhou  ${ends.late}  62`,
        `old.example.com    Enabled   12-cn-hangzhou  ${ends.early}  5`,
        "plain.example.com  Disabled  -               -                         -",
        "",
      ].join("\n"),
    );
  });

  it("shows the heads alone for a bucket without domains", async () => {
    assert.equal(await listed("empty"), "DOMAIN  STATUS  CERTIFICATE  EXPIRES  DAYS LEFT\n");
  });

  it("begins with the numbers and with what needs a look where there are many", async () => {
    const fleet = await startCloud({ buckets: ["many"] });
    try {
      for (let index = 0; index < 1000; index++) fleet.inConsole.moveBinding(`d${index}.example.com`, "many");
      fleet.inConsole.disable("d500.example.com");
      const { stdout } = await runHere(["list", "many", ...signedAt(fleet)]);
      const [first, , , problem, ...others] = stdout.trimEnd().split("\n");
      assert.equal(first, "1000 domains in 1 bucket: 999 Enabled, 1 Disabled");
      assert.match(problem ?? "", /^d500\.example\.com +Disabled/);
      assert.equal(others.length, 999);
    } finally {
      await fleet.close();
    }
  });

  it("leaves certificates out when told to", async () => {
    const [head, first] = (await listed("site", "--no-certificates")).split("\n");
    assert.equal(head, "DOMAIN             STATUS    CHANGED");
    assert.match(first ?? "", /^www\.example\.com {4}Enabled {3}\d{4}-\d\d-\d\dT\S+Z$/);
  });

  it("shows several buckets in one table", async () => {
    const lines = (await listed("empty", "oss://site", "site", "--no-certificates")).split("\n");
    assert.match(lines[0] ?? "", /^BUCKET {2}DOMAIN {13}STATUS {4}CHANGED$/);
    assert.deepEqual(
      lines.slice(1, -1).map((line) => line.split(/ +/).slice(0, 2)),
      [
        ["site", "www.example.com"],
        ["site", "old.example.com"],
        ["site", "plain.example.com"],
      ],
    );
  });

  it("shows the rest when one of several buckets cannot be listed", async () => {
    const { status, stdout, stderr } = await runHere(["list", "gone", "site", ...signedAt(cloud)]);
    assert.equal(status, 1);
    assert.equal(stdout.trimEnd().split("\n").length, 4);
    assert.match(stderr, /^oss-cname: gone: ListCname on bucket gone failed: NoSuchBucket/);
  });

  it("accepts the bucket as ossutil users type it", async () => {
    assert.equal(await listed("oss://empty/"), await listed("empty"));
  });

  it("gives JSON, with the days left", async () => {
    const { bindings, certificates } = cloud.state();
    const [www, old, plain] = bindings.map(({ domain, status, lastModified }) => ({ domain, status, lastModified }));
    const certificate = (index: number, daysLeft: number) => ({
      certId: certificates[index]?.certId,
      type: "CAS",
      status: "Enabled",
      fingerprint: certificates[index]?.fingerprint,
      creationDate: `${certificates[index]?.creationDate.slice(0, 19)}.000Z`,
      validFrom: new Date(certificates[index]?.validFrom ?? "").toISOString(),
      validTo: new Date(certificates[index]?.validTo ?? "").toISOString(),
      daysLeft,
    });
    const whole = {
      bucket: "site",
      owner: "1234567890123456",
      cnames: [{ ...www, certificate: certificate(0, 62) }, { ...old, certificate: certificate(1, 5) }, plain],
    };
    assert.equal(await listed("site", "--json"), `${JSON.stringify(whole, undefined, 2)}\n`);
    const without = JSON.parse(await listed("site", "--json", "--no-certificates"));
    assert.deepEqual(without, { ...whole, cnames: [www, old, plain] });
  });

  it("colours on a terminal only", async () => {
    const args = ["list", "site", ...signedAt(cloud)];
    assert.ok((await runHere(args, { isTTY: true })).stdout.includes("\u001b[31m5\u001b[39m\n"));
    assert.ok(!(await runHere(args)).stdout.includes("\u001b"));
  });

  it("never shows a secret", async () => {
    const input = "wrong-secret-1\nwrong-token-2\n";
    const args = ["list", "site", ...at(cloud).args, "-i", "ak", "-k", "-", "-t", "-"];
    const { status, stdout, stderr } = await runHere(args, { input });
    assert.equal(status, 1);
    assert.doesNotMatch(stdout + stderr, /wrong-/);
  });

  describe("--xml", () => {
    const REPLY =
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListCnameResult>\t<Bucket>site</Bucket><Owner>1</Owner><!-- ü -->\r\n</ListCnameResult>';
    let reply: string;
    const server = createServer((_request, response) => response.end(reply));
    before(async () => {
      await once(server.listen(0, "127.0.0.1"), "listening");
    });
    beforeEach(() => {
      reply = REPLY;
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    const listXml = (...args: string[]) => {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const place = ["-e", endpoint, "--region", "cn-hangzhou", "-i", "ak", "-k", "sk"];
      return runHere(["list", "site", "--xml", ...place, ...args]);
    };

    it("gives the XML of the reply, byte for byte", async () => {
      assert.equal((await listXml()).stdout, REPLY);
    });

    it("writes it to a file", async () => {
      const directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
      try {
        const output = join(directory, "list.xml");
        assert.deepEqual(await listXml("--output", output), { status: 0, stdout: "", stderr: "" });
        assert.equal(readFileSync(output, "utf8"), REPLY);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it("fails when the reply is not a list", async () => {
      reply = "<html><body>Please sign in</body></html>";
      const { status, stdout, stderr } = await listXml();
      assert.deepEqual([status, stdout], [1, ""]);
      assert.match(stderr, /BadResponse/);
    });

    it("gives what ossutil gets", async function () {
      if (spawnSync("ossutil", ["--version"]).error) return this.skip();
      const { oss, accessKeyId, accessKeySecret } = cloud;
      const place = ["-e", oss, "-i", accessKeyId, "-k", accessKeySecret, "--force-path-style"];
      const through = ["ossutil", "bucket-cname", "--method", "get", "oss://site", ...place] as const;
      const ours = await listed("site", "--xml");
      assert.equal((await ossCname([], { through })).stdout.slice(0, ours.length), ours);
    });
  });
});
