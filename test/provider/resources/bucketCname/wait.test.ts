import assert from "node:assert/strict";
import type { ServerAnswer, TxtLook } from "../../../../provider/dns/txt";
import {
  Backoff,
  type Decision,
  deadlineText,
  decide,
  pendingText,
  recordStateText,
  type Situation,
  type Waiting,
} from "../../../../provider/resources/bucketCname/wait";

const PRESENT = { present: true, blocked: false };
const MISSING = { present: false, blocked: false };
const BLOCKED = { present: false, blocked: true };

const [BEFORE, DEADLINE, AFTER] = [500, 1000, 1500];

describe("decide", () => {
  /** Not asked yet; refused just now, to be asked again later; refused a while ago, to be asked again now. */
  const asks = {
    never: () => ({ lastAsk: undefined, nextAsk: Number.NEGATIVE_INFINITY }),
    "just now": (now: number) => ({ lastAsk: now, nextAsk: now + 100 }),
    "a while ago": (now: number) => ({ lastAsk: now - 200, nextAsk: now }),
    "and not again yet": (now: number) => ({ lastAsk: now - 50, nextAsk: now + 50 }),
  };
  type Asked = keyof typeof asks;
  type Row = [look: Situation["look"], asked: Asked, before: Decision, late: Decision];

  const check = (situation: Omit<Situation, "lastAsk" | "nextAsk" | "deadline">, asked: Asked, expected: Decision) =>
    assert.equal(
      decide({ ...situation, deadline: DEADLINE, ...asks[asked](situation.now) }),
      expected,
      `at ${situation.now} of ${DEADLINE}`,
    );
  const nameOf = (look: Situation["look"]) =>
    look === undefined ? "not looked at" : look.present ? "present" : look.blocked ? "blocked" : "missing";

  const waiting: [title: string, isServed: boolean, rows: Row[]][] = [
    [
      "a domain that is bound nowhere",
      false,
      [
        [PRESENT, "never", "bind", "bind"],
        [PRESENT, "just now", "waitForOss", "giveUp"],
        [PRESENT, "a while ago", "bind", "bind"],
        [PRESENT, "and not again yet", "waitForOss", "bind"],
        [MISSING, "never", "waitForDns", "bind"],
        [MISSING, "just now", "waitForDns", "giveUp"],
        [MISSING, "a while ago", "waitForDns", "bind"],
        [MISSING, "and not again yet", "waitForDns", "bind"],
        [BLOCKED, "never", "bind", "bind"],
        [BLOCKED, "just now", "waitForOss", "giveUp"],
        [BLOCKED, "a while ago", "bind", "bind"],
        [BLOCKED, "and not again yet", "waitForOss", "giveUp"],
        [undefined, "never", "bind", "bind"],
        [undefined, "just now", "waitForOss", "giveUp"],
        [undefined, "a while ago", "bind", "bind"],
        [undefined, "and not again yet", "waitForOss", "giveUp"],
      ],
    ],
    [
      "a domain that another bucket serves",
      true,
      [
        [PRESENT, "never", "bind", "bind"],
        [PRESENT, "just now", "waitForOss", "giveUp"],
        [PRESENT, "a while ago", "bind", "bind"],
        [PRESENT, "and not again yet", "waitForOss", "bind"],
        [MISSING, "never", "waitForDns", "giveUp"],
        [MISSING, "just now", "waitForDns", "giveUp"],
        [MISSING, "a while ago", "waitForDns", "giveUp"],
        [MISSING, "and not again yet", "waitForDns", "giveUp"],
        [BLOCKED, "never", "bind", "bind"],
        [BLOCKED, "just now", "waitForOss", "giveUp"],
        [BLOCKED, "a while ago", "bind", "bind"],
        [BLOCKED, "and not again yet", "waitForOss", "giveUp"],
        [undefined, "never", "bind", "bind"],
        [undefined, "just now", "waitForOss", "giveUp"],
        [undefined, "a while ago", "bind", "bind"],
        [undefined, "and not again yet", "waitForOss", "giveUp"],
      ],
    ],
  ];
  for (const [title, isServed, rows] of waiting)
    describe(`for ${title}`, () => {
      for (const [look, asked, before, late] of rows)
        it(`says ${before}, and ${late} when time is up: record ${nameOf(look)}, OSS asked ${asked}`, () => {
          const situation = { look, isServed, unverified: "wait" } as const;
          check({ ...situation, now: BEFORE }, asked, before);
          check({ ...situation, now: DEADLINE }, asked, late);
          check({ ...situation, now: AFTER }, asked, late);
        });
    });

  const pending: [look: Situation["look"], isServed: boolean, asked: Asked, expected: Decision][] = [
    [PRESENT, false, "never", "bind"],
    [PRESENT, false, "just now", "pending"],
    [PRESENT, false, "a while ago", "bind"],
    [PRESENT, false, "and not again yet", "pending"],
    [MISSING, false, "never", "pending"],
    [MISSING, false, "just now", "pending"],
    [MISSING, false, "a while ago", "pending"],
    [MISSING, false, "and not again yet", "pending"],
    [BLOCKED, false, "never", "bind"],
    [BLOCKED, false, "just now", "pending"],
    [BLOCKED, false, "a while ago", "bind"],
    [BLOCKED, false, "and not again yet", "pending"],
    [undefined, false, "never", "bind"],
    [undefined, false, "just now", "pending"],
    [undefined, false, "a while ago", "bind"],
    [undefined, false, "and not again yet", "pending"],
    [PRESENT, true, "never", "bind"],
    [PRESENT, true, "just now", "pending"],
    [PRESENT, true, "a while ago", "bind"],
    [PRESENT, true, "and not again yet", "pending"],
    [MISSING, true, "never", "pending"],
    [MISSING, true, "just now", "pending"],
    [MISSING, true, "a while ago", "pending"],
    [MISSING, true, "and not again yet", "pending"],
    [BLOCKED, true, "never", "bind"],
    [BLOCKED, true, "just now", "pending"],
    [BLOCKED, true, "a while ago", "bind"],
    [BLOCKED, true, "and not again yet", "pending"],
    [undefined, true, "never", "bind"],
    [undefined, true, "just now", "pending"],
    [undefined, true, "a while ago", "bind"],
    [undefined, true, "and not again yet", "pending"],
  ];
  describe("for a binding that may stay pending, whatever the time", () => {
    for (const [look, isServed, asked, expected] of pending)
      it(`says ${expected}: record ${nameOf(look)}, ${isServed ? "served elsewhere" : "bound nowhere"}, OSS asked ${asked}`, () => {
        for (const now of [BEFORE, DEADLINE, AFTER])
          check({ look, isServed, unverified: "pending", now }, asked, expected);
      });
  });
});

describe("Backoff", () => {
  it("grows by its factor up to its longest pause", () => {
    const backoff = new Backoff(1000, 2, 5000);
    assert.deepEqual(
      Array.from({ length: 5 }, () => backoff.next()),
      [1000, 2000, 4000, 5000, 5000],
    );
  });
});

describe("the texts of a wait", () => {
  const answer: ServerAnswer = { server: "ns1.example.com", address: "192.0.2.1", state: "missing", values: [] };
  const lookOf = (seen: Partial<TxtLook>): TxtLook => ({
    name: "_dnsauth.www.example.com",
    answers: [],
    present: false,
    blocked: false,
    ...seen,
  });
  const waiting = (more: Partial<Waiting> = {}): Waiting => ({
    domain: "www.example.com",
    bucket: "site",
    proof: "0123",
    servedBy: undefined,
    look: lookOf({ answers: [answer] }),
    answer: undefined,
    ...more,
  });

  describe("tell of the record", () => {
    const differs: ServerAnswer = { ...answer, state: "differs", values: ["old", "a\u0007b"] };
    const cases: [title: string, text: string, waiting: Waiting][] = [
      ["that it is missing", "missing", waiting()],
      [
        "that a server has other values",
        'has only "old", "a\\u0007b"',
        waiting({ look: lookOf({ answers: [answer, differs] }) }),
      ],
      ["that it exists", "exists", waiting({ look: lookOf({ present: true }) })],
      [
        "that it exists and OSS has refused",
        "exists; not seen by OSS yet",
        waiting({ look: lookOf({ present: true }), answer: "unproven" }),
      ],
      ["that OSS has not seen it where DNS is not looked at", "not seen by OSS yet", waiting({ look: undefined })],
      [
        "that DNS cannot be asked",
        "no DNS server can be reached from here; OSS is asked instead",
        waiting({ look: lookOf({ blocked: true }), answer: "unproven" }),
      ],
      [
        "that nothing can tell, and what to do",
        "neither DNS nor OSS can tell; set confirmedToken to the value once it exists",
        waiting({ look: lookOf({ blocked: true }), answer: "undecided" }),
      ],
    ];
    for (const [title, text, of] of cases) it(title, () => assert.equal(recordStateText(of), text));
  });

  describe("when it is left pending", () => {
    it("name the record to create and what DNS has", () =>
      assert.equal(
        pendingText(waiting()),
        "www.example.com is not bound to bucket site yet: create the record TXT _dnsauth.www.example.com = 0123, then run " +
          "`pulumi up` again. TXT _dnsauth.www.example.com:\n  ns1.example.com (192.0.2.1) has no TXT record at this name",
      ));

    it("say that OSS does not see the record", () =>
      assert.match(pendingText(waiting({ answer: "unproven" })), /again\. OSS does not see the record yet$/));

    it("leave DNS out where it was not looked at", () =>
      assert.match(pendingText(waiting({ look: undefined })), /then run `pulumi up` again\.$/));
  });

  describe("when time is up", () => {
    it("name the record to create, what DNS has and how to get more time", () =>
      assert.equal(
        deadlineText(waiting()),
        "www.example.com could not be bound to bucket site in time: its TXT record does not exist.\n" +
          "Record to create: TXT _dnsauth.www.example.com = 0123\n" +
          "TXT _dnsauth.www.example.com:\n  ns1.example.com (192.0.2.1) has no TXT record at this name\n" +
          "The next `pulumi up` continues from here; dnsTimeoutSeconds gives it more time",
      ));

    it("give the answer of OSS", () =>
      assert.match(deadlineText(waiting({ answer: "unproven" })), /in time: OSS answered NeedVerifyDomainOwnership\./));

    it("say which bucket serves the domain", () =>
      assert.match(deadlineText(waiting({ servedBy: "old" })), /The domain is still bound to bucket old\.\nThe next/));

    it("say nothing of a move where no bucket serves the domain", () =>
      assert.doesNotMatch(deadlineText(waiting({ look: lookOf({ blocked: true }) })), /moved|still bound/));

    it("leave out that OSS could not tell, once DNS did", () =>
      assert.doesNotMatch(deadlineText(waiting({ servedBy: "old", answer: "undecided" })), /confirmedToken/));
  });

  describe("when neither OSS nor DNS can tell whether the record exists", () => {
    const undecided = (look: TxtLook | undefined) => waiting({ servedBy: "old", answer: "undecided", look });

    for (const [when, text] of [
      ["left pending", pendingText],
      ["given up", deadlineText],
    ] as const)
      it(`say where the domain is, and how to vouch for the record, ${when}`, () =>
        assert.equal(
          text(undecided(undefined)),
          "www.example.com is not bound to bucket site yet. It is still bound to bucket old, and while it is, OSS does not say " +
            "whether it sees the record TXT _dnsauth.www.example.com = 0123.\n" +
            'With verification "none", DNS is not looked at either.\n' +
            "Next: make sure that the record exists, set confirmedToken to its value, and run `pulumi up` again",
        ));

    it("say why DNS could not tell", () =>
      assert.match(
        pendingText(undecided(lookOf({ blocked: true }))),
        /is DNS \(port 53\) closed.*set confirmedToken/s,
      ));
  });
});
