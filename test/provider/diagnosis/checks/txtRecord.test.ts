import assert from "node:assert/strict";
import { assessTxtRecord } from "../../../../provider/diagnosis/checks/txtRecord";
import type { TxtLook } from "../../../../provider/dns/txt";
import { evidence, ossError, unbound, unreachable } from "../../../support/evidence";

describe("assessTxtRecord", () => {
  const looked = (state: "present" | "missing" | "differs" | "unreachable", values: string[] = []) => {
    const answer = { server: "ns1.example.com", address: "192.0.2.1", state, values, detail: "ETIMEDOUT" };
    const name = "_dnsauth.www.example.com";
    const txt: TxtLook = { name, answers: [answer], present: state === "present", blocked: state === "unreachable" };
    return assessTxtRecord(unbound({ txt }));
  };

  it("is right when the servers have the value", () => {
    assert.equal(looked("present", ["00aa"]).state, "right");
  });

  it("is wrong when the record is missing, with the record to create", () => {
    const { state, text, fix } = looked("missing");
    assert.equal(state, "wrong");
    assert.match(text, /has no TXT record/);
    assert.match(fix ?? "", /^create the record TXT _dnsauth\.www\.example\.com = 00aa/);
  });

  it("is wrong when it has another value", () => {
    const { state, text } = looked("differs", ["of-last-week"]);
    assert.equal(state, "wrong");
    assert.match(text, /has only "of-last-week"/);
  });

  it("is unknown when no name server can be reached", () => {
    assert.equal(looked("unreachable").state, "unknown");
  });

  it("is unknown without a token", () => {
    const verdict = assessTxtRecord(unbound({ token: ossError("CnameTokenNotFound") }));
    assert.deepEqual(verdict, { state: "unknown", text: "there is no token to look for" });
    assert.equal(assessTxtRecord(unreachable()).state, "unknown");
  });

  it("is not needed for a bound domain", () => {
    assert.equal(assessTxtRecord(evidence()).state, "right");
  });
});
