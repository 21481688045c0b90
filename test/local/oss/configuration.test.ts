import * as assert from "node:assert/strict";
import { parseConfiguration } from "../../../local/oss/configuration";
import { configuration } from "../../support/call";

describe("parseConfiguration", () => {
  it("reads the domain", () => {
    assert.deepEqual(parseConfiguration(configuration("www.example.com")), { domain: "www.example.com" });
  });

  it("reads the certificate, flags in any case, empty elements as missing", () => {
    const { certificate } = parseConfiguration(
      configuration("www.example.com", "<CertId>1</CertId><Force>True</Force><Certificate/>"),
    );
    assert.deepEqual(JSON.parse(JSON.stringify(certificate)), { certId: "1", force: true });
  });

  for (const [what, xml] of [
    ["a flag of 1", configuration("www.example.com", "<DeleteCertificate>1</DeleteCertificate>")],
    [
      "DeleteCertificate beside Force",
      configuration("www.example.com", "<DeleteCertificate>true</DeleteCertificate><Force>false</Force>"),
    ],
    ["an unknown element", configuration("www.example.com", "<Other>1</Other>")],
    [
      "another root element",
      configuration("www.example.com").replaceAll("BucketCnameConfiguration", "CnameConfiguration"),
    ],
    ["two domains", configuration("www.example.com</Domain><Domain>two.example.com")],
    ["an empty domain", configuration("")],
    ["an empty root element", "<BucketCnameConfiguration/>"],
    ["an empty body", ""],
    ["plain text", "no XML"],
  ] as const)
    it(`refuses ${what}`, () => {
      assert.throws(() => parseConfiguration(xml), { status: 400, code: "MalformedXML" });
    });
});
