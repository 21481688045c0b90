import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fleet, readFleet } from "../../../cli/report/fleet";
import { type Cloud, startCloud } from "../../../local/cloud";
import { Run } from "../../../provider/run";
import { bindExpiring } from "../../support/expiringDomains";

const LIMITS = { nearDays: 30, criticalDays: 7 };

describe("a fleet", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await startCloud({ buckets: ["fine", "soon", "late"] });
    await bindExpiring(cloud, [
      ["a.example.com", "fine", 200],
      ["b.example.com", "soon", 20],
      ["z.example.com", "soon", 6],
      ["c.example.com", "late", -3],
    ]);
    cloud.inConsole.moveBinding("plain.example.com", "fine");
  });
  after(() => cloud.close());

  function read(buckets: string[], limits = LIMITS, but: Record<string, string> = {}): Promise<Fleet> {
    const config: Record<string, string> = { ...cloud.config, ...but };
    const run = new Run({ config: { get: (key) => config[key] } });
    return readFleet(
      buckets.map((bucket) => ({ run, bucket })),
      limits,
      Date.now(),
    );
  }
  const states = async (...args: Parameters<typeof read>) =>
    (await read(...args)).domains.map(({ domain, daysLeft, state }) => [domain, daysLeft, state]);

  it("lists what expires first at the beginning, and what has no certificate at the end", async () => {
    assert.deepEqual(await states(["fine", "soon", "late"]), [
      ["c.example.com", -3, "expired"],
      ["z.example.com", 6, "critical"],
      ["b.example.com", 20, "near"],
      ["a.example.com", 200, "fine"],
      ["plain.example.com", null, "none"],
    ]);
  });

  it("goes by other limits", async () => {
    assert.deepEqual(await states(["soon"], { nearDays: 20, criticalDays: 6 }), [
      ["z.example.com", 6, "near"],
      ["b.example.com", 20, "fine"],
    ]);
  });

  it("reports a bucket that cannot be listed, and the rest", async () => {
    const { domains, failures } = await read(["gone", "fine"]);
    assert.equal(domains.length, 2);
    assert.deepEqual(
      failures.map(({ bucket }) => bucket),
      ["gone"],
    );
    assert.match(failures[0]?.reason ?? "", /ListCname on bucket gone failed: NoSuchBucket/);
  });

  it("says so when the expiry of a certificate cannot be read", async () => {
    const certificate = "<Certificate><CertId>1-cn-hangzhou</CertId><ValidEndDate>soon</ValidEndDate></Certificate>";
    const list = `<ListCnameResult><Bucket>odd</Bucket><Cname><Domain>odd.example.com</Domain>${certificate}</Cname></ListCnameResult>`;
    const odd = createServer((_request, reply) => reply.end(list)).listen(0, "127.0.0.1");
    await once(odd, "listening");
    try {
      const endpoint = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
      const { domains } = await read(["odd"], LIMITS, { "oss-cname:endpoint": endpoint });
      const [{ validTo, daysLeft, state } = assert.fail()] = domains;
      assert.deepEqual({ validTo, daysLeft, state }, { validTo: "soon", daysLeft: null, state: "unknown" });
    } finally {
      odd.closeAllConnections();
      odd.close();
    }
  });
});
