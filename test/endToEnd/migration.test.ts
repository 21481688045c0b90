import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestEntry } from "../../local";
import { AlidnsClient } from "../../provider/alidns/client";
import { queryCnames, queryCnameToken } from "../../provider/queries/query";
import { Run } from "../../provider/run";
import { call, configuration, elementOf, getToken, list, type Reply } from "../support/call";
import { createAuthority } from "../support/certificates";
import { at, ossCname } from "../support/command";
import { engines, livingOn, Project, repository } from "../support/pulumiRun";
import { Scene } from "../support/scene";
import type { Program, Stack } from "../support/stack";

const domain = "www.example.com";
const site = { bucket: "site", domain };
const token: Program = { token: ["cnameToken", site] };
const binding: Program = { binding: ["bucketCname", site] };
const certified = (certificate: object): Program => ({
  ...binding,
  certificate: ["cnameCertificate", { ...site, ...certificate }],
});
const [ONE, TWO, THREE] = ["1-cn-hangzhou", "2-cn-hangzhou", "3-cn-hangzhou"] as const;

/** Writes of the other tool, in its own signature. */
class Tool {
  constructor(
    private readonly scene: Scene,
    private readonly version: "v1" | "v4",
  ) {}

  async createToken(): Promise<string> {
    return elementOf(await this.#post("token"), "Token") ?? "";
  }
  async put(certificate = "", bucket = "site"): Promise<void> {
    await this.#post("add", certificate, bucket);
  }
  async bind(): Promise<void> {
    await this.createToken();
    this.scene.prove();
    await this.put();
  }
  /** An alidns record, with its id. */
  addRecord(rr: string, type: "TXT" | "CNAME", value: string): Promise<string> {
    const { cloud } = this.scene;
    const alidns = new AlidnsClient({ endpoint: () => cloud.alidns, credentials: async () => cloud });
    return alidns.addRecord("example.com", { rr, type, value, ttl: 600 });
  }

  async #post(comp: string, certificate = "", bucket = "site"): Promise<Reply> {
    const { version } = this;
    const body = configuration(domain, certificate);
    // By the scene's clock, which may not be this machine's.
    const time = new Date(Date.now());
    const reply = await call(this.scene.cloud, "POST", bucket, `cname&comp=${comp}`, { body, version, time });
    assert.equal(reply.status, 200, reply.body);
    return reply;
  }
}

type Row = (tool: Tool, scene: Scene) => Promise<void>;

/** Rows of MIGRATION.md, by their left cells. */
const ossutil: Record<string, Row> = {
  "`--method put --item token oss://BUCKET DOMAIN`": adoptsToken,
  "`--method get --item token oss://BUCKET DOMAIN`": async (tool, { cloud }) => {
    const made = await tool.createToken();
    const { args, env } = at(cloud);
    const { stdout } = await ossCname(["token", "site", domain, "--xml", ...args], { env });
    assert.equal(stdout.trim(), (await getToken(cloud, "site", domain)).body.trim());
    const config: Record<string, string> = cloud.config;
    const run = new Run({ config: { get: (key) => config[key] } });
    assert.equal((await queryCnameToken(run, site)).token, made);
  },
  "`--method put oss://BUCKET DOMAIN`": async (tool, scene) => {
    await adoptsBinding(tool, scene);
    scene.inConsole.removeBinding(domain);
    await tool.createToken();
    scene.prove();
    scene.forget();
    scene.stack.state.clear();
    await up(scene, binding);
    assert.deepEqual(writes(scene), ["PutCname"]);
    assert.equal(scene.boundTo(domain), "site");
  },
  "`--method get oss://BUCKET`": async (tool, { cloud }) => {
    await tool.bind();
    const { args, env } = at(cloud);
    const { stdout } = await ossCname(["list", "site", "--xml", ...args], { env });
    assert.equal(stdout.trim(), (await list(cloud, "site")).body.trim());
    const config: Record<string, string> = cloud.config;
    const run = new Run({ config: { get: (key) => config[key] } });
    assert.deepEqual(
      (await queryCnames(run, { bucket: "site" })).cnames.map((cname) => cname.domain),
      [domain],
    );
  },
  "`--method delete oss://BUCKET DOMAIN`": async (tool, scene) => {
    await tool.bind();
    await up(scene, { ...token, ...binding });
    scene.forget();
    await up(scene, token);
    assert.deepEqual(writes(scene), ["DeleteCname"]);
    assert.equal(scene.boundTo(domain), undefined);
  },
  "`--method put --item certificate oss://BUCKET FILE`": async (tool, scene) => {
    await tool.bind();
    await tool.put(`<CertId>${ONE}</CertId>`);
    const theirs = sent(scene);
    scene.inConsole.removeCertificate(domain);
    await up(scene, certified({ certId: ONE }));
    assert.deepEqual(sent(scene), theirs);
    assert.equal(certIdOf(scene), ONE);
  },
  "`<CertId>`": adoptsCertId,
  "`<Certificate>`, `<PrivateKey>`": adoptsPair,
  "`<PreviousCertId>`": comparesAndSwaps,
  "`<Force>true</Force>`": forces,
  "`<DeleteCertificate>true</DeleteCertificate>`": takesCertificateOff,
};

const alicloud: Record<string, Row> = {
  "`alicloud_oss_bucket_cname_token` `{ bucket, domain }`": async (tool, scene) => {
    await adoptsToken(tool, scene);
    scene.prove();
    await tool.put();
    scene.stack.state.clear();
    await adopts(scene, token);
    assert.deepEqual([scene.stack.output("token", "bound"), scene.stack.output("token", "token")], [true, ""]);
  },
  "… `.token`": async (tool, scene) => {
    const made = await tool.createToken();
    await up(scene, token);
    assert.equal(scene.stack.output("token", "token"), made);
    assert.deepEqual(scene.stack.output("token", "txtRecord"), {
      name: `_dnsauth.${domain}`,
      type: "TXT",
      value: made,
      ttl: 600,
    });
  },
  "`alicloud_alidns_record` `{ domain_name, rr, type, value, ttl }`": async (tool, scene) => {
    const target = "site.oss-cn-hangzhou.aliyuncs.com";
    const ids = [await tool.addRecord("www", "CNAME", target), await tool.addRecord("_dnsauth.www", "TXT", "abc")];
    const zone = "example.com";
    await adopts(scene, {
      cname: ["alidnsRecord", { zone, name: domain, type: "CNAME", value: target, ttl: 600 }],
      txt: ["alidnsRecord", { zone, name: `_dnsauth.${domain}`, type: "TXT", value: "abc", ttl: 600 }],
    });
    assert.deepEqual(
      ["cname", "txt"].map((name) => scene.stack.output(name, "recordId")),
      ids,
    );
    await up(scene, {});
    assert.equal(scene.cloud.state().records.length, 2);
  },
  "… `lifecycle { ignore_changes = [value] }`": async (tool, scene) => {
    const made = await tool.createToken();
    await up(scene, token);
    scene.prove();
    await tool.put();
    await scene.stack.refresh();
    await adopts(scene, { ...token, ...binding });
    scene.inConsole.expireToken("site", domain);
    await scene.stack.refresh();
    await adopts(scene, { ...token, ...binding });
    assert.equal((scene.stack.output("token", "txtRecord") as { value: string }).value, made);
  },
  "`alicloud_oss_bucket_cname` `{ bucket, domain }`": adoptsBinding,
  "… `.status`": async (tool, scene) => {
    await tool.bind();
    scene.inConsole.disable(domain);
    await adopts(scene, binding);
    assert.equal(scene.stack.output("binding", "status"), "Disabled");
  },
  "… `.id`, `BUCKET:DOMAIN`": async (tool, scene) => {
    await tool.bind();
    assert.equal((await scene.stack.get("bucketCname", domain, site)).status, "Enabled");
    await up(scene, binding);
    assert.equal(scene.stack.state.get("binding")?.id, domain);
  },
  "… `timeouts { create }`": async (tool, scene) => {
    const made = await tool.createToken();
    await assert.rejects(
      up(scene, { binding: ["bucketCname", { ...site, dnsTimeoutSeconds: 0 }] }),
      new RegExp(`could not be bound to bucket site in time.*_dnsauth\\.${domain} = ${made}`, "s"),
    );
    assert.equal(scene.boundTo(domain), undefined);
  },
  "… `certificate { cert_id }`": adoptsCertId,
  "… `certificate { certificate, private_key }`": adoptsPair,
  "… `certificate` `.fingerprint`, `.valid_start_date`, `.valid_end_date`, `.status`": async (tool, scene) => {
    await tool.bind();
    await tool.put(`<CertId>${ONE}</CertId>`);
    await adopts(scene, certified({ certId: ONE }));
    const [listed] = scene.cloud.state().certificates;
    assert.ok(listed);
    assert.deepEqual(
      ["fingerprint", "validFrom", "validTo", "status"].map((key) => scene.stack.output("certificate", key)),
      [listed.fingerprint, new Date(listed.validFrom).toISOString(), new Date(listed.validTo).toISOString(), "Enabled"],
    );
  },
  "… `certificate` `.creation_date`, `.type`": async (tool, { cloud }) => {
    await tool.bind();
    await tool.put(`<CertId>${ONE}</CertId>`);
    const config: Record<string, string> = cloud.config;
    const run = new Run({ config: { get: (key) => config[key] } });
    const listed = await list(cloud, "site");
    const [cname] = (await queryCnames(run, { bucket: "site" })).cnames;
    assert.deepEqual(
      [cname?.certificate?.creationDate, cname?.certificate?.type],
      [new Date(elementOf(listed, "CreationDate") ?? "").toISOString(), elementOf(listed, "Type")],
    );
  },
  "… `previous_cert_id`": comparesAndSwaps,
  "… `force = true`": forces,
  "… `delete_certificate = true`": takesCertificateOff,
};

async function adoptsToken(tool: Tool, scene: Scene): Promise<void> {
  const made = await tool.createToken();
  scene.forget();
  await up(scene, token);
  assert.equal(scene.stack.output("token", "token"), made);
  assert.deepEqual(writes(scene), ["CreateCnameToken"]);
  assert.deepEqual(
    scene.cloud.state().tokens.map((each) => each.token),
    [made],
  );
}

async function adoptsBinding(tool: Tool, scene: Scene): Promise<void> {
  await tool.bind();
  await adopts(scene, { ...token, ...binding });
}

async function adoptsCertId(tool: Tool, scene: Scene): Promise<void> {
  await tool.bind();
  await tool.put(`<CertId>${ONE}</CertId>`);
  await adopts(scene, certified({ certId: ONE }));
}

async function adoptsPair(tool: Tool, scene: Scene): Promise<void> {
  const { chain, privateKey } = await (await createAuthority()).issue({ names: [domain] });
  const pair = { certificate: chain, privateKey };
  const files = scene.inFiles({ chain, privateKey });
  await tool.bind();
  await tool.put(`<Certificate>${chain}</Certificate><PrivateKey>${privateKey}</PrivateKey>`);
  const theirs = sent(scene);
  for (const declared of [files, pair]) {
    await adopts(scene, certified(declared));
    scene.stack.state.clear();
  }
  for (const declared of [files, pair]) {
    scene.inConsole.removeCertificate(domain);
    scene.stack.state.clear();
    await up(scene, certified(declared));
    assert.deepEqual(sent(scene), theirs);
  }
}

async function comparesAndSwaps(tool: Tool, scene: Scene): Promise<void> {
  await adoptsCertId(tool, scene);
  await tool.put(`<CertId>${TWO}</CertId><PreviousCertId>${ONE}</PreviousCertId>`);
  const theirs = sent(scene);
  await tool.put(`<CertId>${ONE}</CertId><PreviousCertId>${TWO}</PreviousCertId>`);
  await up(scene, certified({ certId: TWO }));
  assert.deepEqual(sent(scene), theirs);
  await tool.put(`<CertId>${THREE}</CertId><Force>true</Force>`);
  scene.forget();
  await assert.rejects(up(scene, certified({ certId: ONE })), /neither recorded nor declared/);
  // The same on a first `up`.
  scene.stack.state.clear();
  await assert.rejects(up(scene, certified({ certId: ONE })), /neither recorded nor declared/);
  assert.deepEqual([writes(scene), certIdOf(scene)], [[], THREE]);
}

async function forces(tool: Tool, scene: Scene): Promise<void> {
  await adoptsCertId(tool, scene);
  await tool.put(`<CertId>${TWO}</CertId><Force>true</Force>`);
  const theirs = sent(scene);
  await tool.put(`<CertId>${THREE}</CertId><Force>true</Force>`);
  await up(scene, certified({ certId: TWO, force: true }));
  assert.deepEqual(sent(scene), theirs);
  assert.equal(certIdOf(scene), TWO);
}

async function takesCertificateOff(tool: Tool, scene: Scene): Promise<void> {
  await adoptsCertId(tool, scene);
  await tool.put("<DeleteCertificate>true</DeleteCertificate>");
  const theirs = sent(scene);
  await tool.put(`<CertId>${ONE}</CertId>`);
  await up(scene, binding);
  // Ours takes no other certificate off.
  assert.deepEqual(sent(scene), { ...theirs, previousCertId: ONE });
  assert.deepEqual([scene.boundTo(domain), certIdOf(scene)], ["site", undefined]);
}

/** `up` that takes over what is there as it is: no write, and the next one is quiet. */
async function adopts(scene: Scene, program: Program): Promise<void> {
  scene.forget();
  const { bindings, records } = scene.cloud.state();
  await up(scene, program);
  assert.deepEqual(writes(scene), []);
  const after = scene.cloud.state();
  assert.deepEqual([after.bindings, after.records], [bindings, records]);
  const steps = await scene.stack.preview(program);
  assert.deepEqual(new Set(Object.values(steps)), new Set(["same"]));
}

function up(scene: Scene, program: Program): ReturnType<Stack["up"]> {
  return scene.stack.up(program, { skipPreview: true });
}

function writes(scene: Scene): string[] {
  return scene.operations().filter((operation) => !/^(List|Get|Describe)/.test(operation));
}

/** What the last request with a certificate said of it. */
function sent(scene: Scene): RequestEntry["certificate"] {
  const found = scene.cloud.requests().findLast(({ certificate }) => certificate !== undefined);
  assert.ok(found);
  return found.certificate;
}

function certIdOf({ cloud }: Scene): string | undefined {
  return cloud.state().bindings.find((each) => each.domain === domain)?.certId;
}

/** Left cells of the tables below a heading. */
function leftCells(heading: string): string[] {
  const text = readFileSync(join(repository, "MIGRATION.md"), "utf8");
  const section = text.split(/^## /m).find((each) => each.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| (.*?) \|/gm)].map(([, cell = ""]) => cell).slice(1);
}

for (const [heading, version, rows] of [
  ["From ossutil", "v1", ossutil],
  ["From the alicloud resources", "v4", alicloud],
] as const)
  describe(`MIGRATION.md ${heading}`, () => {
    let scene: Scene;
    afterEach(() => scene?.close());

    for (const cell of new Set([...leftCells(heading), ...Object.keys(rows)]))
      it(cell, async () => {
        const row = rows[cell];
        scene = await Scene.start();
        assert.ok(row && leftCells(heading).includes(cell), "it is not both a row and a test");
        await row(new Tool(scene, version), scene);
      });
  });

describe("MIGRATION.md on dns: alidns", function () {
  this.timeout(120_000);

  it("adopts all that another tool made, and writes nothing", async () => {
    const scene = await Scene.start();
    const tool = new Tool(scene, "v4");
    const [engine] = engines;
    assert.ok(engine);
    await tool.addRecord("_dnsauth.www", "TXT", await tool.createToken());
    await tool.put(`<CertId>${ONE}</CertId>`);
    await tool.addRecord("www", "CNAME", "site.oss-cn-hangzhou.aliyuncs.com");
    const { bindings } = scene.cloud.state();
    const { config, secrets } = livingOn(scene.cloud);
    const declared = [{ ...site, dns: "alidns", certificate: { certId: ONE } }];
    const project = await Project.create(engine, { config: { ...config, "oss-cname:domains": declared }, secrets });
    try {
      scene.forget();
      await project.expectUp("--skip-preview");
      assert.deepEqual(writes(scene), []);
      assert.deepEqual(scene.cloud.state().bindings, bindings);
      scene.forget();
      await project.expectUp("--skip-preview", "--expect-no-changes");
      assert.deepEqual(scene.operations(), []);
    } finally {
      project.remove();
      await scene.close();
    }
  });
});
