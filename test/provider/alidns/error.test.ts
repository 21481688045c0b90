import assert from "node:assert/strict";
import { AlidnsError, alidnsRemedy, BAD_RESPONSE, isAlidnsError } from "../../../provider/alidns/error";

describe("isAlidnsError", () => {
  const error = new AlidnsError("It failed", { code: "Throttling.User", status: 400 });

  it("knows an error by its code", () => {
    assert.equal(isAlidnsError(error, "Other", "Throttling.User"), true);
    assert.equal(isAlidnsError(error, "Other"), false);
  });

  it("knows any error of the service without codes", () => {
    assert.equal(isAlidnsError(error), true);
    assert.equal(isAlidnsError(new Error("It failed")), false);
  });

  it("has no code and no status, and nothing was done, unless told otherwise", () => {
    const { code, status, maybeDone } = new AlidnsError("It failed");
    assert.deepEqual([code, status, maybeDone], ["", undefined, false]);
  });

  it("may have been done where the reply says nothing of it", () => {
    assert.equal(new AlidnsError("It failed", { status: 502 }).maybeDone, true);
    assert.equal(new AlidnsError("It failed", { status: 200, code: BAD_RESPONSE }).maybeDone, true);
  });
});

describe("alidnsRemedy", () => {
  const cases: [code: string, remedy: RegExp][] = [
    ["InvalidDomainName.NoExist", /the domain is in the account of these credentials/],
    ["IncorrectDomainUser", /the domain is in the account of these credentials/],
    ["Forbidden.RAM", /allow the action alidns:AddDomainRecord/],
    ["NoPermission", /allow the action alidns:AddDomainRecord/],
    ["SignatureDoesNotMatch", /check the access key/],
    ["InvalidSecurityToken.Expired", /check the access key/],
    ["QuotaExceeded.TTL", /upgrade the plan/],
    ["DomainRecordLocked", /unlock the record/],
  ];
  for (const [code, remedy] of cases)
    it(`knows the next step after ${code}`, () => assert.match(alidnsRemedy(code, "AddDomainRecord") ?? "", remedy));

  it("knows none after an error that it does not know", () =>
    assert.equal(alidnsRemedy("DomainRecordDuplicate", "AddDomainRecord"), undefined));
});
