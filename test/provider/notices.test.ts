import assert from "node:assert/strict";
import { Notices } from "../../provider/notices";
import { FakeClock } from "../support/fakeClock";

describe("Notices", () => {
  let clock: FakeClock;
  let lines: string[];
  let notices: Notices;
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    notices = new Notices(clock, (line) => lines.push(line));
  });
  const TEN_SECONDS = 10_000;

  it("prints the first line at once", async () => {
    await notices.say("a was adopted");
    assert.deepEqual(lines, ["oss-cname: a was adopted"]);
  });

  it("prints at once, line by line, what a preview finds out", async () => {
    await notices.say("a was adopted");
    for (const text of ["b is adopted", "c is adopted"]) notices.tell(text);
    assert.deepEqual(lines.slice(1), ["oss-cname: b is adopted", "oss-cname: c is adopted"]);
  });

  it("makes one line of what a preview finds out about many domains", async () => {
    await notices.gather(async () => {
      for (const text of ["a", "b", "c", "d", "e"]) notices.tell(`${text} is adopted`);
    });
    notices.tell("f is adopted");
    assert.deepEqual(lines, [
      "oss-cname: a is adopted; b is adopted; c is adopted and 2 more",
      "oss-cname: f is adopted",
    ]);
  });

  it("gathers what is said at the same time into one line", async () => {
    await Promise.all(["a", "b", "c"].map((domain) => notices.say(`${domain} was adopted`)));
    assert.deepEqual(lines, ["oss-cname: a was adopted; b was adopted; c was adopted"]);
  });

  it("names three and counts the others", async () => {
    await Promise.all(["a", "b", "c", "d", "e"].map((domain) => notices.say(domain)));
    assert.deepEqual(lines, ["oss-cname: a; b; c and 2 more"]);
  });

  it("prints at most one line in ten seconds", async () => {
    await notices.say("a");
    await notices.say("b");
    await notices.say("c");
    clock.pass(TEN_SECONDS - 1);
    assert.deepEqual(lines, ["oss-cname: a"]);
    clock.pass(1);
    assert.deepEqual(lines, ["oss-cname: a", "oss-cname: b; c"]);
  });

  it("does not keep a resource waiting for a line that comes later", async () => {
    await notices.say("a");
    const began = clock.now();
    await notices.say("b");
    assert.equal(clock.now(), began);
  });

  it("prints nothing when nothing has happened", async () => {
    await notices.say("a");
    clock.pass(5 * TEN_SECONDS);
    assert.equal(lines.length, 1);
  });

  it("tells together what stands at the same resource, where resources are known", async () => {
    let here = "";
    const placed: string[] = [];
    notices = new Notices(
      clock,
      (line, where) => placed.push(`${where}: ${line}`),
      () => here,
    );
    const at = (where: string, text: string) => {
      here = where;
      return notices.say(text);
    };
    await Promise.all([at("one", "a"), at("two", "b"), at("one", "c")]);
    const wait = { name: "_dnsauth.d", value: "proof", state: "missing", until: clock.now() + 60_000 };
    here = "two";
    notices.waitingFor("d", wait);
    here = "one";
    notices.tell("e is adopted");
    clock.pass(TEN_SECONDS);
    assert.deepEqual(placed, [
      "one: oss-cname: a; c",
      "two: oss-cname: b",
      "one: oss-cname: e is adopted",
      "two: oss-cname: waiting for TXT _dnsauth.d = proof (missing; 50 s left)",
    ]);
  });

  describe("about waits", () => {
    const MINUTE = 60_000;
    let until: number;
    beforeEach(() => {
      until = clock.now() + 15 * MINUTE;
    });
    const wait = (domain: string, state = "missing") =>
      notices.waitingFor(domain, { name: `_dnsauth.${domain}`, value: `proof of ${domain}`, state, until });
    /** A second passes; the domains are looked at again. */
    const looks = (seconds: number, ...domains: string[]) => {
      for (let second = 0; second < seconds; second++) {
        clock.pass(1000);
        for (const domain of domains) wait(domain);
      }
    };
    const GATHERED = 100;

    it("name record, value, state and the time that is left", () => {
      wait("a");
      clock.pass(GATHERED);
      assert.deepEqual(lines, ["oss-cname: waiting for TXT _dnsauth.a = proof of a (missing; 15 min left)"]);
    });

    it("tell many in one table with a line for each, at the start", () => {
      for (let index = 0; index < 60; index++) wait(`d${index}`);
      clock.pass(GATHERED);
      const [told = "", ...more] = lines;
      assert.deepEqual(more, []);
      const [title, head, ...rows] = told.split("\n");
      assert.equal(title, "oss-cname: waiting for these DNS records:");
      assert.match(head ?? "", /^NAME +TYPE +VALUE +STATE +TIME LEFT$/);
      assert.equal(rows.length, 60);
      assert.match(rows[59] ?? "", /^_dnsauth\.d59 +TXT +proof of d59 +missing +15 min$/);
    });

    it("are not told again as long as nothing changes, but for a reminder after ever longer times", () => {
      wait("a");
      const told: number[] = [];
      const began = clock.now();
      for (let second = 0; second < 14 * 60; second++) {
        const before = lines.length;
        looks(1, "a");
        if (lines.length > before) told.push(Math.round((clock.now() - began) / MINUTE));
      }
      assert.deepEqual(told, [0, 1, 3, 7]);
      assert.match(lines.at(-1) ?? "", /; 8 min left\)$/);
    });

    it("tell the seconds at the end", () => {
      until = clock.now() + 90_000;
      wait("a");
      looks(1, "a");
      assert.match(lines.at(-1) ?? "", /; 89 s left\)$/);
    });

    it("are told when the state of a record changes, without the others", () => {
      wait("a");
      wait("b");
      looks(20, "a", "b");
      wait("b", "exists; not seen by OSS yet");
      clock.pass(TEN_SECONDS);
      assert.deepEqual(lines.slice(1), [
        "oss-cname: waiting for TXT _dnsauth.b = proof of b (exists; not seen by OSS yet; 15 min left)",
      ]);
    });

    it("say nothing of a domain that is done", () => {
      wait("a");
      notices.doneWaiting("a");
      clock.pass(TEN_SECONDS);
      assert.deepEqual(lines, []);
    });

    it("come after what has happened, in a line of their own", async () => {
      const said = notices.say("b was adopted");
      wait("a");
      await said;
      clock.pass(TEN_SECONDS);
      assert.equal(lines[0], "oss-cname: b was adopted");
      assert.match(lines[1] ?? "", /^oss-cname: waiting for TXT _dnsauth\.a /);
    });
  });
});
