import assert from "node:assert/strict";
import { CnameToken } from "../../../provider/resources/cnameToken/resource";
import { providerText } from "../../../provider/resources/dynamicResource";
import { runProgram } from "../../support/programRun";

describe("providerText", () => {
  it("is one line that never changes, for it is in the state of every user", () =>
    assert.equal(
      providerText("bucketCname"),
      'exports.handler = () => require("pulumi-oss-cname/dynamic").bucketCname;',
    ));
});

describe("a dynamic resource", () => {
  /** How many stack traces with frames are taken while some work is done. */
  const stackTraces = (work: () => void) => {
    const { prepareStackTrace } = Error;
    let count = 0;
    Error.prepareStackTrace = (_error, frames) => {
      if (frames.length > 0) count++;
      return "";
    };
    try {
      work();
      return count;
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  };

  it("takes no stack traces, neither for its properties nor for the state", async () => {
    let count: number | undefined;
    await runProgram(() => {
      count = stackTraces(() => new CnameToken("www", { bucket: "site", domain: "www.example.com" }));
    });
    assert.equal(count, 0);
  });

  it("leaves errors their stack traces, whether it is made or refused", async () => {
    const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
    await runProgram(() => {
      new CnameToken("www", { bucket: "site", domain: "www.example.com" });
      assert.throws(() => new CnameToken("", { bucket: "site", domain: "a.example.com" }), /name/);
    });
    assert.deepEqual(Object.getOwnPropertyDescriptor(Error, "stackTraceLimit"), limit);
    assert.match(String(new Error("any").stack), /dynamicResource\.test/);
  });
});
