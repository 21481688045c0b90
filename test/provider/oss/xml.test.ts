import assert from "node:assert/strict";
import { buildCnameConfiguration, parseCnameList, parseCnameToken, parseDate } from "../../../provider/oss/xml";

describe("request bodies", () => {
  it("are one line without declaration", () => {
    assert.equal(
      buildCnameConfiguration("example.com"),
      "<BucketCnameConfiguration><Cname><Domain>example.com</Domain></Cname></BucketCnameConfiguration>",
    );
  });

  it("carry a certificate, escaped, without what is unset or false", () => {
    assert.equal(
      buildCnameConfiguration("example.com", {
        certificate: "-----BEGIN-----\na<b&c>d\n-----END-----\n",
        privateKey: "key",
        previousCertId: "1-cn-hangzhou",
        force: false,
      }),
      "<BucketCnameConfiguration><Cname><Domain>example.com</Domain><CertificateConfiguration>" +
        "<Certificate>-----BEGIN-----\na&lt;b&amp;c&gt;d\n-----END-----\n</Certificate><PrivateKey>key</PrivateKey>" +
        "<PreviousCertId>1-cn-hangzhou</PreviousCertId></CertificateConfiguration></Cname></BucketCnameConfiguration>",
    );
    assert.match(
      buildCnameConfiguration("example.com", { certId: "2-cn-hangzhou", force: true }),
      /<CertificateConfiguration><CertId>2-cn-hangzhou<\/CertId><Force>true<\/Force><\/CertificateConfiguration>/,
    );
    assert.match(
      buildCnameConfiguration("example.com", { deleteCertificate: true, force: false }),
      /<CertificateConfiguration><DeleteCertificate>true<\/DeleteCertificate><\/CertificateConfiguration>/,
    );
  });
});

describe("replies", () => {
  it("token: digits stay text, stray text between elements is passed over", () => {
    assert.deepEqual(
      parseCnameToken(
        `<?xml version="1.0" encoding="UTF-8"?>
         <CnameToken>
           <Bucket>0123</Bucket>
           <Cname>example.com</Cname>;
           <Token>00000000000000000000000000000001</Token>
           <ExpireTime>Thu, 26 May 2022 19:14:12 GMT</ExpireTime>
         </CnameToken>`,
      ),
      {
        bucket: "0123",
        cname: "example.com",
        token: "00000000000000000000000000000001",
        expireTime: "Thu, 26 May 2022 19:14:12 GMT",
      },
    );
  });

  it("list: none, one, many", () => {
    assert.deepEqual(parseCnameList("<ListCnameResult><Bucket>site</Bucket><Owner>0012</Owner></ListCnameResult>"), {
      bucket: "site",
      owner: "0012",
      cnames: [],
    });
    const bound = (domain: string) => `<Cname><Domain>${domain}</Domain><Status>Enabled</Status></Cname>`;
    const domains = (body: string) =>
      parseCnameList(`<ListCnameResult><Bucket>site</Bucket>${body}</ListCnameResult>`).cnames.map(
        ({ domain }) => domain,
      );
    assert.deepEqual(domains(bound("a.example.com")), ["a.example.com"]);
    assert.deepEqual(domains(bound("a.example.com") + bound("b.example.com")), ["a.example.com", "b.example.com"]);
  });

  it("list: every field", () => {
    const { cnames } = parseCnameList(
      `<CnameConfiguration><Cname>
         <Domain>example.com</Domain><LastModified>2021-09-15T02:35:07.000Z</LastModified><Status>Enabled</Status>
         <IsPurgeCdnCache>True</IsPurgeCdnCache><IsWildCard>false</IsWildCard>
         <Certificate>
           <Type>CAS</Type><CertId>493-cn-hangzhou</CertId><Status>Enabled</Status>
           <CreationDate>Wed, 15 Sep 2021 02:35:06 GMT</CreationDate>
           <Fingerprint>DE:01:CF:EC:7C:A7:98:CB:D8:6E:FB:1D:97:EB:A9:64:1D:4E:**:**</Fingerprint>
           <ValidStartDate>Tues, 12 Apr 2021 10:14:51 GMT</ValidStartDate>
           <ValidEndDate>Mon, 4 May 2048 10:14:51 GMT</ValidEndDate>
         </Certificate>
       </Cname></CnameConfiguration>`,
    );
    assert.deepEqual(cnames, [
      {
        domain: "example.com",
        lastModified: "2021-09-15T02:35:07.000Z",
        status: "Enabled",
        certificate: {
          type: "CAS",
          certId: "493-cn-hangzhou",
          status: "Enabled",
          creationDate: "Wed, 15 Sep 2021 02:35:06 GMT",
          fingerprint: "DE:01:CF:EC:7C:A7:98:CB:D8:6E:FB:1D:97:EB:A9:64:1D:4E:**:**",
          validStartDate: "Tues, 12 Apr 2021 10:14:51 GMT",
          validEndDate: "Mon, 4 May 2048 10:14:51 GMT",
        },
      },
    ]);
  });

  it("list: control characters are shown as escapes", () => {
    const domain = "a\u009b.example.com\u202e";
    const [cname] = parseCnameList(
      `<ListCnameResult><Bucket>site</Bucket><Cname><Domain>${domain}</Domain></Cname></ListCnameResult>`,
    ).cnames;
    assert.equal(cname?.domain, "a\\u{9b}.example.com\\u{202e}");
  });

  it("anything else is neither a list nor a token", () => {
    const cut = "<ListCnameResult><Bucket>site</Bucket><Cname><Domain>a.example.com</Domain></Cname>";
    for (const body of [
      "",
      "hello",
      "<html><body>Sign in</body></html>",
      "<ListCnameResult/>",
      "<Error><Bucket>site</Bucket></Error>",
      cut,
    ]) {
      assert.throws(() => parseCnameList(body), body);
      assert.throws(() => parseCnameToken(body), body);
    }
    assert.throws(
      () =>
        parseCnameList(
          "<ListCnameResult><Bucket>site</Bucket><Cname><Status>Enabled</Status></Cname></ListCnameResult>",
        ),
      /no Domain/,
    );
    assert.throws(() => parseCnameToken("<CnameToken><Bucket>b</Bucket><Token></Token></CnameToken>"), /no Token/);
  });
});

describe("dates", () => {
  const cases: [text: string, iso: string | undefined][] = [
    ["Feb 10 00:00:00 2023 GMT", "2023-02-10T00:00:00.000Z"],
    ["Feb  1 23:59:59 2023 GMT", "2023-02-01T23:59:59.000Z"],
    ["Wed, 12 Apr 2023 10:14:51 GMT", "2023-04-12T10:14:51.000Z"],
    ["Mon, 4 May 2048 01:02:03 GMT", "2048-05-04T01:02:03.000Z"],
    ["Tues, 12 Apr 2021 10:14:51 GMT", "2021-04-12T10:14:51.000Z"],
    ["2021-09-15T02:35:07.000Z", "2021-09-15T02:35:07.000Z"],
    ["", undefined],
    ["soon", undefined],
    ["12 Apr 2021", undefined],
    ["Wed, 12 Foo 2023 10:14:51 GMT", undefined],
  ];
  for (const [text, iso] of cases) {
    it(JSON.stringify(text), () => assert.equal(parseDate(text)?.toISOString(), iso));
  }
});
