// Starts the plugin as Pulumi does: what is bundled must run where nothing is installed.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest, type GetSchemaResponse } from "@pulumi/pulumi/proto/provider_pb";
import { bundle } from "../../scripts/bundle";
import { call } from "../support/nativeProvider";

describe("The bundled plugin", () => {
  let directory: string;
  let plugin: ChildProcess | undefined;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    await bundle(directory);
  });
  afterEach(() => plugin?.kill());
  after(() => rmSync(directory, { recursive: true }));

  const start = async (...args: string[]): Promise<number> => {
    const executable = join(directory, "pulumi-resource-oss-cname");
    plugin = spawn(process.execPath, [executable, ...args], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
    assert.ok(plugin.stdout);
    const [line] = await once(plugin.stdout, "data");
    return Number(line);
  };

  it("is one executable file of about two megabytes", () => {
    assert.deepEqual(readdirSync(directory), ["pulumi-resource-oss-cname"]);
    const { size, mode } = statSync(join(directory, "pulumi-resource-oss-cname"));
    assert.ok(size < 3_000_000, `${size} bytes`);
    if (process.platform !== "win32") assert.equal(mode & 0o111, 0o111);
  });

  it("prints its port and answers with its schema, whatever flags come before the engine's address", async () => {
    const port = await start("--logtostderr", "-v=9", "--tracing", "file:/trace", "127.0.0.1:1");
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const response = await call<GetSchemaResponse>((done) => client.getSchema(new GetSchemaRequest(), done));
    assert.equal(JSON.parse(response.getSchema()).name, "oss-cname");
    client.close();
  });
});
