import assert from "node:assert/strict";
import type { HttpClient, HttpReply } from "../../../provider/http";
import { OssClient } from "../../../provider/oss/client";
import { isOssError, isOutcomeUnknown } from "../../../provider/oss/error";
import { operations } from "../../../provider/oss/operations";
import { FakeClock } from "../../support/fakeClock";

const OK = { "x-oss-request-id": "R1" };
const LOGIN_PAGE = "<html><body>Sign in</body></html>";
const list = (inner: string, root = "ListCnameResult") => `<${root}><Bucket>site</Bucket>${inner}</${root}>`;
const LIST = list("<Owner>1</Owner><Cname><Domain>a.example.com</Domain><Status>Enabled</Status></Cname>");
const TOKEN = "<CnameToken><Bucket>site</Bucket><Cname>a.example.com</Cname><Token>0123</Token></CnameToken>";
const ERROR = "<Error><Code>AccessDenied</Code><Message>no</Message><RequestId>R1</RequestId></Error>";

/** A client that gets this reply, whatever it sends. */
function clientOf(reply: Partial<HttpReply>): OssClient {
  const http = { exchange: async () => ({ status: 200, headers: OK, body: "", ...reply }) };
  const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk" });
  const clock = new FakeClock();
  return new OssClient({ region: "cn-hangzhou", credentials, clock, http: http as unknown as HttpClient });
}

const WRITES = {
  PutCname: (client: OssClient) => operations.putCname(client, "site", "a.example.com"),
  DeleteCname: (client: OssClient) => operations.deleteCname(client, "site", "a.example.com"),
};
const READS = {
  ListCname: (client: OssClient) => operations.listCname(client, "site"),
  GetCnameToken: (client: OssClient) => operations.getCnameToken(client, "site", "a.example.com"),
  CreateCnameToken: (client: OssClient) => operations.createCnameToken(client, "site", "a.example.com"),
};
const ALL = { ...WRITES, ...READS };

/** What no operation may take for its answer. */
const NO_ANSWER: Readonly<Record<string, Partial<HttpReply>>> = {
  "a login page": { body: LOGIN_PAGE },
  "a login page without a request id": { body: LOGIN_PAGE, headers: {} },
  "a login page as XHTML": { body: `<?xml version="1.0"?><HTML xmlns="x">Sign in</HTML>` },
  "nothing at all": { headers: {} },
  "white space": { headers: {}, body: " \r\n\t" },
  "an error": { body: ERROR },
  "an error below a declaration": { body: `<?xml version="1.0" encoding="UTF-8"?>\n${ERROR}` },
  "an error with status 202": { status: 202, body: ERROR },
  "an error about another resource": { body: "<Error><Bucket>site</Bucket></Error>" },
  "JSON without a request id": { headers: {}, body: '{"Code":"AccessDenied"}' },
  "text without a request id": { headers: {}, body: "OK" },
  "bytes without a request id": { headers: {}, body: "\u0000\ufffd\u0001" },
  "a list without a request id and its end": { headers: {}, body: LIST.slice(0, -5) },
  "a redirect": { status: 301, headers: { location: "https://evil.example/" } },
  "a redirect that keeps the method": { status: 307, headers: { ...OK, location: "https://evil.example/" } },
  "nothing new": { status: 304 },
  "a refusal": { status: 403, body: ERROR },
  "a refusal without a body": { status: 403 },
  "a refusal in a header": { status: 403, headers: { "x-oss-err": Buffer.from(ERROR).toString("base64") } },
  "a refusal in JSON": { status: 403, body: '{"Code":"AccessDenied","Message":"no"}' },
  "a refusal in JSON of another shape": { status: 403, body: '{"Error":null}' },
  "a refusal in JSON that is cut off": { status: 403, body: '{"Code":"Acc' },
  "a refusal in HTML": { status: 403, body: LOGIN_PAGE },
  "a refusal that holds a list": { status: 403, body: LIST },
  "a refusal that holds a token": { status: 403, body: TOKEN },
  "a refusal by a proxy": { status: 407, headers: {}, body: "Proxy Authentication Required" },
  "a code called toString": { status: 400, body: "<Error><Code>toString</Code></Error>" },
  "a code called __proto__": { status: 400, body: "<Error><Code>__proto__</Code><__proto__>x</__proto__></Error>" },
  "a code with a newline": { status: 400, body: "<Error><Code>a\nb</Code></Error>" },
  "a code of 100 kB": { status: 400, body: `<Error><Code>${"x".repeat(100_000)}</Code></Error>` },
  "two codes": { status: 400, body: "<Error><Code>A</Code><Code>B</Code></Error>" },
  "a code inside a code": { status: 400, body: "<Error><Code><Code>A</Code></Code></Error>" },
  "a server's failure": { status: 500, body: ERROR },
  "a bad gateway": { status: 502, headers: {}, body: LOGIN_PAGE },
  "a gateway's timeout": { status: 504, headers: {} },
  "a wish for patience": { status: 503, headers: { ...OK, "x-oss-qos-delay-time": "1e99" } },
  "a clock of another century": {
    status: 403,
    body: "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2099-01-01T00:00:00.000Z</ServerTime></Error>",
  },
  "a clock that is none": {
    status: 403,
    body: "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>soon</ServerTime></Error>",
  },
  "expired credentials, again and again": { status: 403, body: "<Error><Code>SecurityTokenExpired</Code></Error>" },
  "a status beyond all": { status: 999 },
};

/** What no reading operation may take for its answer. */
const NO_READING: Readonly<Record<string, Partial<HttpReply>>> = {
  "no body": {},
  "an empty root": { body: "<ListCnameResult/>" },
  "only a declaration": { body: `<?xml version="1.0"?>` },
  "only a comment": { body: `<!-- ${LIST} ${TOKEN} -->` },
  "text before a list": { body: `gzip ${LIST}`.replace("<ListCnameResult>", "<x><ListCnameResult>") },
  "a list inside of another element": { body: `<Result>${LIST}${TOKEN}</Result>` },
  "a list that is cut off": { body: LIST.slice(0, -5) },
  "a token that is cut off": { body: TOKEN.slice(0, -5) },
  "a list in JSON": { body: '{"ListCnameResult":{"Bucket":"site"}}' },
  "a list in upper case": { body: LIST.toUpperCase() },
  "the list of another bucket": { body: LIST.replace("site", "other") },
  "the token of another bucket": { body: TOKEN.replace("site", "other") },
  "the token of another domain": { body: TOKEN.replace("a.example", "b.example") },
  "an empty token": { body: TOKEN.replace("0123", "") },
  "two tokens": { body: TOKEN.replace("<Token>", "<Token>4567</Token><Token>") },
  "a domain without a name": { body: list("<Cname><Status>Enabled</Status></Cname>") },
  "entities that grow": { body: `<!DOCTYPE a [<!ENTITY b "${"x".repeat(20_000)}">]>${list("&b;".repeat(1000))}` },
  "an entity of a file": { body: `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>${list("&b;")}` },
  "elements without end": { body: "<a>".repeat(200_000) },
  "a name of a megabyte": { body: `<${"a".repeat(1e6)}` },
  "a domain with two names": { body: list("<Cname><Domain>a</Domain><Domain>b</Domain></Cname>") },
};

describe("a reply that is not what the operation answers", () => {
  const refuse = (kinds: typeof NO_ANSWER, calls: Record<string, (client: OssClient) => Promise<unknown>>) => {
    for (const [title, reply] of Object.entries(kinds))
      it(`is an error: ${title}`, async () => {
        for (const [name, call] of Object.entries(calls))
          await assert.rejects(call(clientOf(reply)), (error) => {
            assert.ok(isOssError(error), `${name}: ${error}`);
            assert.ok(error.message.startsWith(`${name} `) && error.message.length < 5_000, error.message);
            return true;
          });
      });
  };
  refuse(NO_ANSWER, ALL);
  refuse(NO_READING, READS);

  it("is a list for GetCnameToken, and a token for ListCname", async () => {
    for (const call of [READS.GetCnameToken, READS.CreateCnameToken])
      await assert.rejects(call(clientOf({ body: LIST })), (error) => isOssError(error, "BadResponse"));
    await assert.rejects(READS.ListCname(clientOf({ body: TOKEN })), (error) => isOssError(error, "BadResponse"));
  });

  it("leaves open whether a write was done", async () => {
    for (const call of [...Object.values(WRITES), READS.CreateCnameToken])
      for (const headers of [OK, {}])
        await assert.rejects(call(clientOf({ body: LOGIN_PAGE, headers })), isOutcomeUnknown);
  });
});

describe("a reply that is what the operation answers", () => {
  it("is a write's without a body, or with one of no use, if it has the request id of OSS", async () => {
    for (const call of Object.values(WRITES))
      for (const body of ["", "\n", "<Result/>", `<?xml version="1.0"?>`]) await call(clientOf({ body }));
  });

  it("is a list or token with declaration, comments, CDATA, entities and what is not known yet", async () => {
    const odd = `<?xml version="1.0"?><!-- x --><ListCnameResult xmlns="y" z="1"><New><Er/></New><Bucket>site</Bucket>
      <Cname><Domain><![CDATA[a.example.com]]></Domain><Status>En&#97;bled</Status><New>1</New></Cname></ListCnameResult>`;
    const { cnames } = await READS.ListCname(clientOf({ body: odd }));
    assert.deepEqual(
      cnames.map(({ domain, status }) => [domain, status]),
      [["a.example.com", "Enabled"]],
    );
    assert.equal((await READS.GetCnameToken(clientOf({ body: `\ufeff${TOKEN}` }))).token, "0123");
  });
});
