import assert from "node:assert/strict";
import { AlidnsError, alidnsRemedy, isAlidnsError } from "../../../provider/alidns/error";

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

  it("has no code, no status and one attempt unless told otherwise", () => {
    const { code, status, attempts } = new AlidnsError("It failed", {});
    assert.deepEqual([code, status, attempts], ["", undefined, 1]);
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
