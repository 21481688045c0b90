import * as assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { startCloud } from "../../local";
import { Run } from "../../provider/run";

describe("startCloud", () => {
  it("serves on loopback only, with the buckets and zones that it was given", async () => {
    const cloud = await startCloud({ buckets: ["site"], zones: ["example.org"] });
    try {
      const { buckets, zones } = cloud.state();
      assert.deepEqual([buckets.map(({ name }) => name), zones], [["site"], ["example.org"]]);
      const addresses = [cloud.oss, cloud.alidns, `http://${cloud.dns}`].map((url) => new URL(url).hostname);
      assert.deepEqual(addresses, ["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    } finally {
      await cloud.close();
    }
  });

  it("gives the configuration of a stack that lives on it", async () => {
    const keys = { accessKeyId: "STS.1", accessKeySecret: "temporary", securityToken: "its-token" };
    const cloud = await startCloud({ buckets: ["site"], ...keys });
    try {
      const run = new Run({ config: { get: (key) => cloud.config[key] } });
      assert.deepEqual((await run.bucket({ bucket: "site" }).list()).cnames, []);
      assert.equal(run.bucket({ bucket: "site" }).region, cloud.region);
      assert.deepEqual(await run.alidns.listZones(), ["example.com"]);
      assert.deepEqual(run.settings.dnsServers, [cloud.dns]);
    } finally {
      await cloud.close();
    }
  });

  it("is not reached from outside, and says what it is", async () => {
    const cloud = await startCloud();
    try {
      const outside = Object.values(networkInterfaces())
        .flatMap((addresses = []) => addresses)
        .filter(({ internal, address }) => !internal && !address.startsWith("fe80"));
      for (const url of [cloud.oss, cloud.alidns, `tcp://${cloud.dns}`])
        for (const { address } of outside) {
          const socket = connect(Number(new URL(url).port), address);
          await assert.rejects(once(socket, "connect"), { code: "ECONNREFUSED" });
        }
      for (const url of [cloud.oss, cloud.alidns, `${cloud.oss}/-/state`])
        assert.match((await fetch(url)).headers.get("server") ?? "", /emulator \(test double\)/);
    } finally {
      await cloud.close();
    }
  });

  it("leaves nothing running when a port is taken", async () => {
    const first = await startCloud();
    try {
      await assert.rejects(startCloud({ port: Number(new URL(first.oss).port) }), { code: "EADDRINUSE" });
    } finally {
      await first.close();
    }
  });
});
