import assert from "node:assert/strict";
import { program } from "../../../cli/adopt/program";
import { BINDING } from "../../support/evidence";
import { YAML_TEXTS } from "../../support/hostileTexts";

describe("program", () => {
  const { certificate: _, ...plain } = BINDING;

  it("declares every domain, with its certificate by CertId", () => {
    const buckets = [
      { bucket: "one", cnames: [BINDING] },
      { bucket: "two", cnames: [{ ...plain, domain: "Img.example.com" }] },
    ];
    const { text, added, leftOut } = program(buckets, { region: "cn-hangzhou" });
    assert.equal(
      text,
      `import { CustomDomain, none } from "pulumi-oss-cname";

// These domains are bound already. The first \`pulumi up\` adopts them, and writes nothing to OSS.
new CustomDomain("www.example.com", {
  domain: "www.example.com",
  bucket: "one",
  certificate: { certId: "7-cn-hangzhou" },
  region: "cn-hangzhou",
  dns: none,
});

new CustomDomain("img.example.com", {
  domain: "img.example.com",
  bucket: "two",
  region: "cn-hangzhou",
  dns: none,
});
`,
    );
    assert.deepEqual([added.length, leftOut], [2, []]);
  });

  it("protects them where that is asked for", () => {
    const { text } = program([{ bucket: "one", cnames: [plain, { ...plain, domain: "b.example.com" }] }], {
      protect: true,
    });
    assert.equal(text.match(/^\}, \{ protect: true \}\);$/gm)?.length, 2);
    assert.doesNotMatch(text, /^ .*protect/m);
  });

  it("writes any text as a string and nothing else", () => {
    for (const bucket of YAML_TEXTS) {
      const { text } = program([{ bucket, cnames: [plain] }], {});
      const [, written = ""] = /^ {2}bucket: (.*),\n {2}dns/ms.exec(text) ?? [];
      assert.equal(JSON.parse(written), bucket);
    }
  });
});
