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

  describe("about a wait", () => {
    it("name the domain and what it waits for", () => {
      notices.waitingFor("a.example.com", "TXT record");
      assert.deepEqual(lines, ["oss-cname: waiting for a.example.com (TXT record)"]);
    });

    it("repeat it as long as it lasts", () => {
      notices.waitingFor("a.example.com", "TXT record");
      clock.pass(TEN_SECONDS);
      notices.waitingFor("a.example.com", "TXT record");
      assert.equal(lines.length, 2);
    });

    it("tell the latest of a domain", () => {
      notices.waitingFor("a.example.com", "TXT record");
      notices.waitingFor("a.example.com", "OSS");
      clock.pass(TEN_SECONDS);
      assert.equal(lines.at(-1), "oss-cname: waiting for a.example.com (OSS)");
    });

    it("name three domains and count the others", () => {
      notices.waitingFor("first", "TXT record");
      for (const domain of ["b", "c", "d"]) notices.waitingFor(domain, "OSS");
      clock.pass(TEN_SECONDS);
      assert.deepEqual(lines.slice(1), ["oss-cname: waiting for first (TXT record), b (OSS), c (OSS) and 1 more"]);
    });

    it("say nothing of a domain that is done", () => {
      notices.waitingFor("a.example.com", "TXT record");
      notices.waitingFor("a.example.com", "OSS");
      notices.doneWaiting("a.example.com");
      clock.pass(TEN_SECONDS);
      assert.equal(lines.length, 1);
    });

    it("come after what has happened, in the same line", async () => {
      notices.waitingFor("a", "OSS");
      await notices.say("b was adopted");
      clock.pass(TEN_SECONDS);
      assert.equal(lines.at(-1), "oss-cname: b was adopted; waiting for a (OSS)");
    });
  });
});
