import * as assert from "node:assert/strict";
import { checkDomain } from "../../../../local/oss/operations/operation";

describe("checkDomain", () => {
  for (const [domain, EC] of [
    ["a.b", "0017-00000249"],
    ["www.aliyuncs.com", "0018-00000401"],
    ["taobao.com", "0018-00000401"],
    ["*.example.com", "0018-00000401"],
    ["_a.example.com", "0018-00000401"],
    ["localhost", "0018-00000401"],
    ["a..example.com", "0018-00000401"],
  ] as const)
    it(`refuses ${domain}`, () =>
      assert.throws(() => checkDomain(domain), {
        status: 400,
        code: "InvalidArgument",
        extras: { EC, Cname: domain },
      }));

  it("accepts a domain", () => checkDomain("www.example.com"));
});
