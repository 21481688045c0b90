import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ProgramState, type RecordToCreate } from "../../provider/programState";
import { runProgram } from "../support/programRun";

const DAY_MS = 86_400_000;
const clock = { now: () => Date.UTC(2030, 0, 1), sleep: async () => {}, later: () => {} };

describe("ProgramState", () => {
  describe("checkConfiguration", () => {
    const check = (config: Record<string, string>, state = new ProgramState()) =>
      runProgram(() => state.checkConfiguration(), { config });

    it("ends the program with all mistakes in one message", async () => {
      const { error } = await check({ "oss-cname:verification": "non", "oss-cname:addressing": "vhost" });
      assert.ok(pulumi.RunError.isInstance(error));
      assert.equal(
        error.message,
        'oss-cname:addressing: "vhost" is not virtual or path\n' +
          'oss-cname:verification: "non" is not authoritative or none\nNothing was sent.',
      );
    });

    it("ends the program where a key of ours is not known, with the nearest one and without the value", async () => {
      const { error } = await check({ "oss-cname:verfication": "TOPSECRET", "aws:region": "x", "other:endpiont": "y" });
      assert.equal(
        error?.message,
        'oss-cname: unknown key "verfication"; did you mean "verification"?\nNothing was sent.',
      );
    });

    it("takes the keys of the program without code for known", async () =>
      assert.equal(
        (await check({ "oss-cname:domains": "[]", "oss-cname:defaults": "{}", "oss-cname:accounts": "{}" })).error,
        undefined,
      ));

    it("leaves a project of the same name its own keys", async () => {
      const config = { "oss-cname:color": "red", "oss-cname:addressing": "vhost" };
      const { error } = await runProgram(() => new ProgramState().checkConfiguration(), {
        config,
        project: "oss-cname",
      });
      assert.match(error?.message ?? "", /^oss-cname:addressing: [^\n]*\nNothing was sent\.$/);
    });

    it("is done once", async () => {
      const state = new ProgramState();
      await check({}, state);
      assert.equal((await check({ "oss-cname:addressing": "vhost" }, state)).error, undefined);
    });

    describe("of a secret in clear", () => {
      const name = "PULUMI_CONFIG_SECRET_KEYS";
      let before: string | undefined;
      beforeEach(() => {
        before = process.env[name];
        delete process.env[name];
      });
      afterEach(() => {
        delete process.env[name];
        if (before !== undefined) process.env[name] = before;
      });

      for (const key of ["alicloud:secretKey", "alicloud:securityToken"])
        it(`warns of ${key} without showing it`, async () => {
          const { output } = await check({ [key]: "TOPSECRET" });
          assert.match(output, new RegExp(`^${key} is in clear .*pulumi config set --secret ${key}`));
          assert.doesNotMatch(output, /TOPSECRET/);
        });

      it("says nothing of the key of an emulator on this machine", async () => {
        const key = { "alicloud:secretKey": "TOPSECRET" };
        assert.equal((await check({ ...key, "oss-cname:endpoint": "http://127.0.0.1:8080" })).output, "");
        assert.match((await check({ ...key, "oss-cname:endpoint": "http://10.0.0.1" })).output, /is in clear/);
      });

      it("says nothing of one that was set as a secret", async () => {
        process.env[name] = '["alicloud:secretKey"]';
        assert.equal((await check({ "alicloud:secretKey": "TOPSECRET" })).output, "");
      });
    });
  });

  describe("warnOfExpiry", () => {
    /** Warnings of one program, one for each call. */
    const warnings = async (...calls: [key: string, days: number, warningDays?: number][]) => {
      const state = new ProgramState(clock);
      const { output } = await runProgram(() => {
        const resource = new pulumi.ComponentResource("test:index:Certificate", "www");
        for (const [key, days, warningDays = 30] of calls)
          state.warnOfExpiry(resource, key, `${key} of www`, new Date(clock.now() + days * DAY_MS), warningDays);
      });
      return output;
    };

    const cases: [title: string, days: number, text: string][] = [
      [
        "tells the days that are left",
        12.5,
        "the certificate a of www expires in 12 days, on 2030-01-13T12:00:00.000Z: renew it",
      ],
      ["counts one day", 1, "the certificate a of www expires in 1 day, on 2030-01-02T00:00:00.000Z: renew it"],
      ["tells of one that has expired", -1, "the certificate a of www expired on 2029-12-31T00:00:00.000Z: renew it"],
      ["says nothing while there is time", 30, ""],
      ["says nothing where the date is unknown", Number.NaN, ""],
    ];
    for (const [title, days, text] of cases) it(title, async () => assert.equal(await warnings(["a", days]), text));

    it("takes the number of days from the caller", async () => assert.equal(await warnings(["a", 12, 7]), ""));

    it("warns once of each certificate", async () =>
      assert.deepEqual(
        (await warnings(["a", 5], ["a", 5], ["b", 5])).split("\n").map((line) => line.split(" ")[2]),
        ["a", "b"],
      ));
  });

  describe("announce", () => {
    const record = (name: string): RecordToCreate => ({
      ...{ name, type: "TXT", value: `proof of ${name}`, ttl: 600 },
      state: `state of ${name}`,
    });
    const announced = async (...lists: RecordToCreate[][]) => {
      const state = new ProgramState(clock);
      const { output } = await runProgram(() => {
        for (const list of lists) state.announce(pulumi.output(list));
      });
      return output;
    };

    it("prints the records of all domains as one table", async () => {
      const output = await announced([record("a"), record("b")], [], [record("c")]);
      assert.match(output, /^Create these DNS records, then run `pulumi up` again:\n/);
      for (const name of ["a", "b", "c"])
        assert.match(output, new RegExp(`^${name} +TXT +proof of ${name} +600 +state of ${name}$`, "m"));
      assert.equal(output.split("\n").length, 1 + 1 + 3, "one line for each record");
    });

    it("prints nothing where no record is missing", async () => assert.equal(await announced([], []), ""));
  });

  describe("run", () => {
    it("reads the stack's configuration when it is asked, and stays the same", async () => {
      const state = new ProgramState();
      const { outputs } = await runProgram(
        () => {
          const { run } = state;
          return [run.settings.get("oss-cname:alidnsEndpoint"), run === state.run];
        },
        { config: { "oss-cname:alidnsEndpoint": "alidns.example.com" } },
      );
      assert.deepEqual(outputs, ["alidns.example.com", true]);
    });

    it("is refused where the configuration is invalid", async () => {
      const { error } = await runProgram(() => new ProgramState().run, { config: { "oss-cname:endpiont": "x" } });
      assert.match(error?.message ?? "", /did you mean "endpoint"/);
    });
  });
});
