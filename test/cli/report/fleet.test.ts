import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fleet, readFleet } from "../../../cli/report/fleet";
import { type Cloud, startCloud } from "../../../local/cloud";
import type { Renewals } from "../../../provider/renewal";
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

  function read(
    buckets: string[],
    limits = LIMITS,
    but: Record<string, string> = {},
    renewals?: Renewals,
  ): Promise<Fleet> {
    const config: Record<string, string> = { ...cloud.config, ...but };
    const run = new Run({ config: { get: (key) => config[key] } });
    return readFleet(
      buckets.map((bucket) => ({ run, bucket })),
      limits,
      Date.now(),
      renewals,
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

  it("takes a certificate that renews itself for fine until its renewal fails or is overdue", async () => {
    const of = (name: string) => certIdOf(cloud, `${name}.example.com`);
    const due = (days: number, problem: string | null = null) => ({
      at: new Date(Date.now() + days * 86_400_000).toISOString(),
      problem,
    });
    const renewals = new Map([
      [of("a"), due(-9)],
      [of("b"), due(-1.9)],
      [of("z"), due(1, "the CA said no")],
      [of("c"), due(1)],
    ]);
    const { domains } = await read(["fine", "soon", "late"], LIMITS, {}, renewals);
    assert.deepEqual(
      domains.map(({ domain, state, renewal }) => [domain[0], state, renewal?.problem]),
      [
        ["c", "expired", null],
        ["z", "critical", "the CA said no"],
        ["b", "fine", null],
        ["a", "near", null],
        ["p", "none", undefined],
      ],
    );
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

function certIdOf(cloud: Cloud, name: string): string {
  return cloud.state().bindings.find(({ domain }) => domain === name)?.certId ?? "";
}
