import assert from "node:assert/strict";
import type { OssErrorDetails } from "../../../provider/oss/error";
import { leastRamPolicy, ossRemedy } from "../../../provider/oss/remedies";

describe("leastRamPolicy", () => {
  const bindings = {
    Effect: "Allow",
    Action: ["oss:CreateCnameToken", "oss:GetCnameToken", "oss:ListCname", "oss:PutCname", "oss:DeleteCname"],
    Resource: "acs:oss:*:*:site",
  };

  it("allows the five operations on one bucket", () =>
    assert.deepEqual(JSON.parse(leastRamPolicy("site", { certificates: false })), {
      Version: "1",
      Statement: [bindings],
    }));

  it("allows the certificate service in addition", () => {
    const { Statement } = JSON.parse(leastRamPolicy("site", { certificates: true }));
    assert.deepEqual(Statement[0], bindings);
    assert.equal(Statement[1].Resource, "*");
    assert.ok(Statement[1].Action.every((action: string) => action.startsWith("yundun-cert:")));
  });
});

describe("ossRemedy", () => {
  const remedy = (details: Partial<OssErrorDetails>) =>
    ossRemedy({ operation: "PutCname", bucket: "site", code: "Other", status: 403, serviceMessage: "", ...details });

  const cases: [title: string, details: Partial<OssErrorDetails>, expected: RegExp][] = [
    ["names the endpoint that serves the bucket", { endpoint: "oss-x.aliyuncs.com" }, /served at oss-x\.aliyuncs\.com/],
    ["prefers the endpoint to the code", { code: "AccessDenied", endpoint: "x" }, /served at x/],
    ["knows expired credentials by the EC", { ec: "0002-00000007" }, /get new temporary credentials/],
    ["knows a signature for another region by the EC", { ec: "0002-00000228" }, /set the region to the bucket's own/],
    [
      "names the action to allow",
      { code: "AccessDenied", operation: "ListCname" },
      /^allow the action oss:ListCname on acs:oss:\*:\*:site\.$/,
    ],
    [
      "names what a certificate needs as well",
      { code: "AccessDenied" },
      /yundun-cert:\w+, yundun-cert:\w+ and yundun-cert:\w+ on \*\.$/,
    ],
    [
      "leaves it open whose bucket it is",
      { code: "AccessDenied", serviceMessage: "The bucket you access does not belong to you." },
      /use a key of that account.*bucket policy.*allow the action oss:PutCname/,
    ],
    [
      "gives the time of the service",
      { code: "RequestTimeTooSkewed", serverTime: "12:00" },
      /clock \(the service says it is 12:00\)/,
    ],
    ["does without the time of the service", { code: "RequestTimeTooSkewed" }, /^set this machine's clock\.$/],
    ["knows codes whatever the operation", { code: "NoSuchBucket" }, /check the bucket's name, its region/],
  ];
  for (const [title, details, expected] of cases) it(title, () => assert.match(remedy(details) ?? "", expected));

  for (const code of ["Other", "constructor", "toString"])
    it(`knows nothing of the code ${code}`, () => assert.equal(remedy({ code }), undefined));
});
