import assert from "node:assert/strict";
import { type Cloud, type Switches, startCloud } from "../../local";
import { Bucket, type Lookup } from "../../provider/bucket";
import { OssClient } from "../../provider/oss/client";
import type { CnameInfo } from "../../provider/oss/xml";
import { FakeClock } from "../support/fakeClock";

const DOMAIN = "www.example.com";

describe("Bucket", () => {
  let cloud: Cloud;
  let clock: FakeClock;
  let bucket: Bucket;
  let onSleep: () => void;
  /** A bucket `site` that this process has not asked about yet. */
  const start = async (switches: Partial<Switches> = {}, name = "site") => {
    onSleep = () => {};
    clock = new FakeClock(() => onSleep());
    cloud = await startCloud({ buckets: ["site"], switches, now: () => new Date(clock.now()) });
    const { region, oss: endpoint } = cloud;
    const client = new OssClient({ region, endpoint, clock, credentials: async () => cloud, random: () => 0 });
    bucket = new Bucket(name, { region, endpoint }, client, clock);
  };
  afterEach(() => cloud.close());
  const sent = (operation: string) => cloud.requests().filter((request) => request.operation === operation).length;
  const bindElsewhere = (domain = DOMAIN) => cloud.inConsole.moveBinding(domain, "site");
  const isFound = async (lookup?: Lookup) => (await bucket.binding(DOMAIN, lookup)) !== undefined;

  describe("binding", () => {
    const rows: [title: string, isBound: boolean, lookup: Lookup, lists: number, seconds: number][] = [
      ["finds a binding by one list", true, {}, 1, 0],
      ["believes the first list unless more looks are asked for", false, {}, 1, 0],
      ["looks again, a second later, before it believes that there is none", false, { looks: 2 }, 2, 1],
      ["looks as often as is asked", false, { looks: 3 }, 3, 2],
      ["stops at the first list that shows what is expected", true, { looks: 3 }, 1, 0],
      ["expects a missing binding where `until` says so", false, { looks: 3, until: (found) => !found }, 1, 0],
      ["looks again at a binding that is not as expected", true, { looks: 2, until: (found) => !found }, 2, 1],
      ["asks once where `fresh`", true, { fresh: true }, 1, 0],
      ["asks again where `fresh` and there is none", false, { fresh: true, looks: 2 }, 2, 1],
    ];
    for (const [title, isBound, lookup, lists, seconds] of rows)
      it(title, async () => {
        await start();
        if (isBound) bindElsewhere();
        const began = clock.now();
        assert.equal(await isFound(lookup), isBound);
        assert.equal(sent("ListCname"), lists);
        assert.equal((clock.now() - began) / 1000, seconds);
      });

    it("finds with the second look what the first list missed", async () => {
      await start({ listLagLists: 1 });
      bindElsewhere();
      assert.equal(await isFound({ looks: 2 }), true);
      assert.equal(sent("ListCname"), 2);
    });

    it("sends one list for all lookups of a turn", async () => {
      await start();
      bindElsewhere("a.example.com");
      const found = await Promise.all(["a", "b", "c"].map((name) => bucket.binding(`${name}.example.com`)));
      assert.deepEqual(
        found.map((entry) => entry?.domain),
        ["a.example.com", undefined, undefined],
      );
      assert.equal(sent("ListCname"), 1);
    });

    it("joins a list that is under way", async () => {
      await start();
      const first = bucket.binding("a.example.com");
      while (sent("ListCname") === 0) await new Promise(setImmediate);
      await Promise.all([first, bucket.binding("b.example.com")]);
      assert.equal(sent("ListCname"), 1);
    });

    for (const [seconds, lists] of [
      [9, 1],
      [10, 2],
    ] as const)
      it(`${lists === 1 ? "uses" : "does not use"} a list that is ${seconds} seconds old`, async () => {
        await start();
        await bucket.binding(DOMAIN);
        clock.pass(seconds * 1000);
        await bucket.binding(DOMAIN);
        assert.equal(sent("ListCname"), lists);
      });

    it("uses no older list where `fresh`", async () => {
      await start();
      await isFound();
      clock.pass(1);
      bindElsewhere();
      assert.equal(await isFound({ fresh: true }), true);
      assert.equal(sent("ListCname"), 2);
    });

    it("does not keep a list that failed", async () => {
      await start();
      bindElsewhere();
      cloud.fail({ operation: "ListCname", status: 403, code: "AccessDenied" });
      await assert.rejects(bucket.binding(DOMAIN), { code: "AccessDenied" });
      assert.equal(await isFound(), true);
      assert.equal(sent("ListCname"), 2);
    });

    it("fails for all lookups that joined a list that fails", async () => {
      await start();
      cloud.fail({ operation: "ListCname", status: 403, code: "AccessDenied" });
      const results = await Promise.allSettled(["a", "b"].map((name) => bucket.binding(`${name}.example.com`)));
      assert.deepEqual(
        results.map(({ status }) => status),
        ["rejected", "rejected"],
      );
      assert.equal(sent("ListCname"), 1);
    });

    it("fails for a bucket that does not exist", async () => {
      await start({}, "gone");
      await assert.rejects(bucket.binding(DOMAIN), { code: "NoSuchBucket" });
    });

    it("finds nothing in such a bucket where it may be gone", async () => {
      await start({}, "gone");
      assert.equal(await isFound({ bucketMayBeGone: true }), false);
    });
  });

  describe("after its own writes", () => {
    const bind = async () => {
      cloud.set({ bindsUnverified: true });
      await bucket.bind(DOMAIN);
    };

    it("knows a binding that it has made, though the list is older", async () => {
      await start();
      await isFound();
      await bind();
      assert.equal(await isFound(), true);
      assert.equal(sent("ListCname"), 1);
    });

    it("knows that it has unbound a domain, though the list is older", async () => {
      await start();
      bindElsewhere();
      await isFound();
      await bucket.unbind(DOMAIN);
      assert.equal(await isFound(), false);
      assert.equal(sent("ListCname"), 1);
    });

    it("knows the certificate that was put", async () => {
      await start();
      bindElsewhere();
      const entry: CnameInfo = { ...((await bucket.binding(DOMAIN)) ?? assert.fail()), status: "Disabled" };
      bucket.putConfirmed(entry);
      assert.deepEqual(await bucket.binding(DOMAIN), entry);
      assert.equal(sent("ListCname"), 1);
    });

    for (const [seconds, isBound] of [
      [30, true],
      [31, false],
    ] as const)
      it(`${isBound ? "adds" : "no longer adds"} a write to a list sent ${seconds} seconds later`, async () => {
        await start();
        await bind();
        cloud.inConsole.removeBinding(DOMAIN);
        clock.pass(seconds * 1000);
        assert.equal(await isFound(), isBound);
      });

    it("believes a fresh list more than itself", async () => {
      await start();
      await bind();
      cloud.inConsole.removeBinding(DOMAIN);
      assert.equal(await isFound({ fresh: true }), false);
    });

    it("needs no list where it has just bound a domain, or made a token, which proves it unbound", async () => {
      await start();
      await bucket.createToken(DOMAIN);
      assert.equal(await isFound({ looks: 2 }), false);
      await bind();
      assert.equal(await isFound(), true);
      assert.equal(sent("ListCname"), 0);
    });

    it("lists once where that was a while ago", async () => {
      await start();
      await bucket.createToken(DOMAIN);
      clock.pass(10_000);
      assert.equal(await isFound({ looks: 2 }), false);
      assert.equal(sent("ListCname"), 1);
    });

    it("lists all bindings with its own among them", async () => {
      await start();
      bindElsewhere("a.example.com");
      await bucket.bindings();
      await bind();
      assert.deepEqual([...(await bucket.bindings()).keys()], ["a.example.com", DOMAIN]);
    });
  });

  describe("bind", () => {
    const rows: [title: string, after: boolean, times: number, puts: number, isBound: boolean][] = [
      ["succeeds when the reply of a PutCname that worked is lost", true, 1, 1, true],
      ["binds again when a PutCname was lost before it worked", false, 1, 2, true],
      ["gives up after three that were lost", false, 3, 3, false],
    ];
    for (const [title, after, times, puts, isBound] of rows)
      it(title, async () => {
        await start({ bindsUnverified: true });
        cloud.fail({ operation: "PutCname", reset: true, after, times });
        const error = await bucket.bind(DOMAIN).catch((reason: Error) => reason);
        assert.equal(error === undefined, isBound);
        assert.equal(sent("PutCname"), puts);
        assert.equal(cloud.state().bindings.length, isBound ? 1 : 0);
      });

    it("passes a refusal on without a look", async () => {
      await start();
      await assert.rejects(bucket.bind(DOMAIN), { code: "NeedVerifyDomainOwnership" });
      assert.equal(sent("ListCname"), 0);
    });
  });

  describe("unbind", () => {
    it("succeeds when the list shows that a lost DeleteCname worked", async () => {
      await start();
      bindElsewhere();
      cloud.fail({ operation: "DeleteCname", reset: true, after: true, times: 3 });
      await bucket.unbind(DOMAIN);
      assert.deepEqual(cloud.state().bindings, []);
    });

    it("fails when the list still shows the domain", async () => {
      await start();
      bindElsewhere();
      cloud.fail({ operation: "DeleteCname", reset: true, times: 3 });
      await assert.rejects(bucket.unbind(DOMAIN), /DeleteCname www\.example\.com on bucket site failed/);
      assert.equal(await isFound(), true);
    });
  });

  describe("proof", () => {
    it("sends nothing for a token of this run", async () => {
      await start();
      const { token } = await bucket.createToken(DOMAIN);
      assert.equal(await bucket.proof(DOMAIN), token);
      assert.equal(sent("GetCnameToken"), 0);
    });

    it("asks OSS for any other token", async () => {
      await start();
      const { token } = await bucket.createToken(DOMAIN);
      await bucket.unbind(DOMAIN);
      assert.equal(await bucket.proof(DOMAIN), token);
      assert.equal(sent("GetCnameToken"), 1);
    });
  });

  describe("on AccessDenied", () => {
    const calls: [operation: string, act: () => Promise<unknown>][] = [
      ["ListCname", () => bucket.binding(DOMAIN)],
      ["CreateCnameToken", () => bucket.createToken(DOMAIN)],
      ["GetCnameToken", () => bucket.getToken(DOMAIN)],
      ["PutCname", () => bucket.bind(DOMAIN)],
      ["DeleteCname", () => bucket.unbind(DOMAIN)],
    ];
    const denial = async (operation: string, act: () => Promise<unknown>): Promise<string> => {
      await start();
      cloud.fail({ operation, status: 403, code: "AccessDenied" });
      return act().then(
        () => assert.fail("it was allowed"),
        ({ remedy }: { remedy: string }) => remedy,
      );
    };
    for (const [operation, act] of calls)
      it(`to ${operation} says which action to allow, and the least RAM policy`, async () => {
        const remedy = await denial(operation, act);
        assert.match(remedy, new RegExp(`^allow the action oss:${operation} on acs:oss:\\*:\\*:site`));
        assert.equal(JSON.parse(remedy.slice(remedy.indexOf("{"))).Statement.length, 1);
      });

    it("to put a certificate includes the certificate service in the policy", async () => {
      const remedy = await denial("PutCname", () => bucket.putCertificate(DOMAIN, { certId: "1-cn-hangzhou" }));
      assert.equal(JSON.parse(remedy.slice(remedy.indexOf("{"))).Statement.length, 2);
    });

    it("gives no policy for a bucket of another region", async () => {
      await start({}, "away");
      cloud.addBucket({ name: "away", region: "cn-shanghai" });
      await assert.rejects(bucket.binding(DOMAIN), ({ remedy }: { remedy: string }) => {
        assert.match(remedy, /served at oss-cn-shanghai/);
        assert.doesNotMatch(remedy, /Statement/);
        return true;
      });
    });
  });
});

describe("cnameTarget of a Bucket", () => {
  const targetIn = (region: string | undefined) => {
    const client = new OssClient({ region: "cn-hangzhou", credentials: async () => assert.fail() });
    return new Bucket("site", { region }, client, new FakeClock()).cnameTarget;
  };
  for (const [region, target] of [
    ["cn-hangzhou", "site.oss-cn-hangzhou.aliyuncs.com"],
    ["cn-hangzhou-finance", "site.oss-cn-hzfinance.aliyuncs.com"],
    [undefined, ""],
  ] as const)
    it(`is ${JSON.stringify(target)} ${region ? `in ${region}` : "where the region is unknown"}`, () =>
      assert.equal(targetIn(region), target));
});
