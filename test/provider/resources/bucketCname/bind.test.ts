import assert from "node:assert/strict";
import { AUTHORITATIVE_ANSWER } from "dns-packet";
import { startDnsServer } from "../../../support/dnsServer";
import { Scene, type SceneOptions } from "../../../support/scene";
import type { Program } from "../../../support/stack";

const CLOSED_PORT = "127.0.0.1:1";

describe("bindWhenProven", () => {
  const site = { bucket: "site", domain: "www.example.com" };
  const token: Program = { token: ["cnameToken", site] };
  const bound = (more: object = {}): Program => ({ ...token, binding: ["bucketCname", { ...site, ...more }] });
  let scene: Scene;
  /** A scene in which the token is made. */
  const start = async (options: SceneOptions = {}) => {
    scene = await Scene.start({ ...options });
    await scene.stack.up(token);
    scene.forget();
  };
  afterEach(() => scene.close());
  const puts = () => scene.operations("PutCname").length;
  const isBound = () => scene.boundTo(site.domain) === "site";
  const needVerify = (times: number) =>
    scene.fault({ operation: "PutCname", status: 403, code: "NeedVerifyDomainOwnership", ec: "0018-00000115", times });

  it("sends one PutCname, once the record is there, however late", async () => {
    await start();
    scene.prove("site", 30);
    const began = scene.clock.now();
    await scene.stack.up(bound());
    assert.ok(scene.clock.now() - began > 180_000);
    assert.ok(isBound());
    assert.equal(puts(), 1);
    scene.forget();
    assert.deepEqual(await scene.stack.up(bound()), { token: "same", binding: "same" });
    assert.deepEqual(scene.operations(), []);
  });

  it("asks OSS at growing intervals when OSS does not see the record yet", async () => {
    await start();
    scene.prove();
    needVerify(5);
    await scene.stack.up(bound());
    assert.ok(isBound());
    const seconds = scene.gaps("PutCname").map((gap) => Math.round(gap / 1000));
    assert.deepEqual(seconds, [5, 10, 20, 40, 60]);
  });

  describe("at the deadline", () => {
    const late = (seconds: number) => scene.stack.up(bound({ dnsTimeoutSeconds: seconds }));

    it("asks OSS once more, and then gives up", async () => {
      await start();
      const began = scene.clock.now();
      await assert.rejects(late(120), /NeedVerifyDomainOwnership.*next `pulumi up` continues/s);
      // And the second before the second list.
      assert.equal(Math.round((scene.clock.now() - began) / 1000), 120 + 1);
      assert.equal(puts(), 1);
    });

    it("says which record is missing where", async () => {
      await start();
      await assert.rejects(late(1), ({ message }: Error) => {
        const value = scene.token("site", site.domain);
        assert.ok(message.includes(`TXT _dnsauth.www.example.com = ${value}`), message);
        assert.ok(message.includes(`${scene.cloud.dns} has no TXT record`), message);
        return true;
      });
    });

    it("shows the value that the record has", async () => {
      await start();
      scene.cloud.addRecord({ name: "_dnsauth.www.example.com", type: "TXT", value: "old" });
      await assert.rejects(late(1), /has only "old"/);
    });

    it("leaves the domain to the next up", async () => {
      await start();
      await assert.rejects(late(1));
      scene.prove();
      assert.deepEqual(await scene.stack.up(bound()), { token: "same", binding: "create" });
      assert.ok(isBound());
    });

    const times: [title: string, options: object, seconds: number][] = [
      ["the stack", {}, 30],
      ["customTimeouts before the stack", { createTimeoutSeconds: 60, updateTimeoutSeconds: 5 }, 60],
      ["its own argument before customTimeouts", { createTimeoutSeconds: 60, dnsTimeoutSeconds: 10 }, 10],
      ["an argument of zero", { dnsTimeoutSeconds: 0 }, 0],
    ];
    for (const [title, options, seconds] of times)
      it(`takes its time from ${title}`, async () => {
        await start({ config: { "oss-cname:dnsTimeoutSeconds": "30" } });
        const began = scene.clock.now();
        await assert.rejects(scene.stack.up(bound(options)), /could not be bound/);
        assert.equal(Math.round((scene.clock.now() - began) / 1000) - 1, seconds);
      });
  });

  it("binds at the deadline where only OSS sees the record", async () => {
    await start({ switches: { bindsUnverified: true } });
    await scene.stack.up(bound({ dnsTimeoutSeconds: 60 }));
    assert.ok(isBound());
    assert.equal(puts(), 1);
  });

  for (const [how, config] of [
    ["with port 53 closed", { "oss-cname:dnsServers": CLOSED_PORT }],
    ["without verification", { "oss-cname:verification": "none" }],
  ] as const)
    it(`asks OSS once in 15 seconds ${how}`, async () => {
      await start({ config });
      scene.prove("site", 4);
      await scene.stack.up(bound());
      assert.ok(isBound());
      assert.equal(puts(), 5);
      assert.ok(scene.gaps("PutCname").every((gap) => gap >= 15_000 && gap < 17_000));
      scene.inConsole.removeBinding(site.domain);
      await scene.stack.refresh();
      scene.cloud.removeRecords({ name: "_dnsauth.www.example.com" });
      scene.forget();
      await assert.rejects(scene.stack.up(bound({ dnsTimeoutSeconds: 100 })), /TXT _dnsauth.www.example.com = /);
      assert.ok(scene.gaps("PutCname").every((gap) => gap >= 15_000));
    });

  it("waits until the last server has the new value", async () => {
    let value = "old";
    const slow = await startDnsServer(({ name }) => ({
      flags: AUTHORITATIVE_ANSWER,
      answers: [{ type: "TXT", name, data: value }],
    }));
    try {
      await start();
      Object.assign(scene.stack.config, {
        "oss-cname:dnsServers": `${scene.cloud.dns},127.0.0.1:${slow.endpoint.port}`,
      });
      scene.prove();
      const needed = { status: 403, code: "NeedVerifyDomainOwnership" };
      scene.fault({ operation: "PutCname", ...needed });
      await assert.rejects(scene.stack.up(bound({ dnsTimeoutSeconds: 30 })), /has the value.*has only "old"/s);
      assert.equal(puts(), 1); // The last try, at the deadline.
      scene.forget();
      scene.meanwhile = () => {
        if (slow.asked.length > 20) value = scene.token("site", site.domain);
      };
      await scene.stack.up(bound());
      assert.equal(puts(), 1);
      assert.ok(isBound());
    } finally {
      await slow.close();
    }
  });

  it("prints that OSS is asked because DNS cannot be reached", async () => {
    await start({ config: { "oss-cname:dnsServers": CLOSED_PORT } });
    await assert.rejects(scene.stack.up(bound({ dnsTimeoutSeconds: 1 })), /port 53/);
    assert.equal(puts(), 1);
    assert.match(
      scene.stack.printed.join("\n"),
      /waiting for TXT _dnsauth\.www\.example\.com = [0-9a-f]{32} \(no DNS server can be reached.*; \d s left\)/,
    );
  });

  it("sends nothing for a domain that somebody else has bound to the bucket meanwhile", async () => {
    await start();
    let sleeps = 0;
    scene.meanwhile = () => {
      if (++sleeps === 12) scene.inConsole.moveBinding(site.domain, "site");
      if (sleeps === 20) scene.prove();
    };
    await scene.stack.up(bound());
    assert.equal(puts(), 0);
    assert.equal(scene.stack.output("binding", "status"), "Enabled");
  });

  it("refuses a token in the state that has expired, until refresh and up have renewed it", async () => {
    await start();
    const old = scene.token("site", site.domain);
    scene.clock.pass(80 * 3_600_000);
    scene.forget();
    // As if the state said that it was bound once.
    const entry = scene.stack.state.get("token");
    assert.ok(entry);
    scene.stack.state.set("token", { ...entry, outputs: { ...entry.outputs, bound: true } });
    await assert.rejects(
      scene.stack.up(bound({ token: old })),
      /CnameTokenNotFound.*Next: run `pulumi refresh` and then `pulumi up`/s,
    );
    assert.equal(puts(), 0);
    await scene.stack.refresh();
    await scene.stack.up(token);
    scene.prove();
    const another = scene.token("site", site.domain);
    await assert.rejects(scene.stack.up(bound({ token: old })), new RegExp(`expects the token ${another}.*not ${old}`));
    await scene.stack.up(bound({ token: another }));
    assert.ok(isBound());
  });

  it("says that a CnameToken is needed where none exists", async () => {
    await start();
    scene.inConsole.expireToken("site", site.domain);
    await assert.rejects(
      scene.stack.up({ binding: ["bucketCname", site] }),
      /Next: declare a CnameToken for bucket site/,
    );
  });

  describe("for a record that is made by hand", () => {
    const pending = bound({ unverified: "pending" });

    it("looks once, becomes Pending without a failure, and every later up tries again", async () => {
      await start();
      for (const step of ["create", "update", "update"]) {
        const began = scene.clock.now();
        assert.deepEqual(await scene.stack.up(pending), { token: "same", binding: step });
        assert.ok(scene.clock.now() - began <= 2000);
        assert.equal(puts(), 0);
        assert.equal(scene.stack.output("binding", "status"), "Pending");
        const reason = String(scene.stack.output("binding", "pendingReason"));
        assert.ok(reason.includes(`TXT _dnsauth.www.example.com = ${scene.token("site", site.domain)}`));
        assert.match(reason, /has no TXT record.*/s);
        assert.deepEqual(await scene.stack.refresh(), []);
        assert.equal(scene.stack.output("binding", "status"), "Pending");
      }
      assert.equal(scene.operations("CreateCnameToken").length, 0);
      scene.prove();
      await scene.stack.up(pending);
      assert.ok(isBound());
      assert.equal(puts(), 1);
      assert.equal(scene.stack.output("binding", "status"), "Enabled");
      assert.equal(scene.stack.output("binding", "pendingReason"), "");
      assert.deepEqual(await scene.stack.up(pending), { token: "same", binding: "same" });
    });

    it("is Pending as well when OSS does not see the record", async () => {
      await start();
      scene.prove();
      needVerify(1);
      await scene.stack.up(pending);
      assert.match(String(scene.stack.output("binding", "pendingReason")), /OSS does not see the record yet/);
      assert.equal(puts(), 1);
    });

    it("is Pending as well when DNS cannot be asked, after one question to OSS", async () => {
      await start({ config: { "oss-cname:dnsServers": CLOSED_PORT, "oss-cname:dnsTimeoutSeconds": "0" } });
      await scene.stack.up(pending);
      assert.equal(scene.stack.output("binding", "status"), "Pending");
      assert.equal(puts(), 1);
    });

    it("does not ask OSS because time is up", async () => {
      await start();
      await scene.stack.up(bound({ unverified: "pending", dnsTimeoutSeconds: 0 }));
      assert.equal(puts(), 0);
    });

    it("can be destroyed without a DeleteCname", async () => {
      await start();
      await scene.stack.up(pending);
      await scene.stack.destroy();
      assert.ok(!scene.operations().includes("DeleteCname"));
    });

    it("is found by refresh when somebody has bound it", async () => {
      await start();
      await scene.stack.up(pending);
      scene.inConsole.moveBinding(site.domain, "site");
      await scene.stack.refresh();
      assert.equal(scene.stack.output("binding", "status"), "Enabled");
      assert.deepEqual(await scene.stack.preview(pending), { token: "same", binding: "same" });
    });
  });
});
