import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { OssClient } from "../../../provider/oss/client";
import { isOssError } from "../../../provider/oss/error";
import { operations } from "../../../provider/oss/operations";
import {
  clientOf,
  failure,
  LIST_XML,
  type Received,
  TOKEN_XML,
  text,
  useScriptedServers,
} from "../../support/scriptedServer";

const { createCnameToken, deleteCname, getCnameToken, listCname, putCname } = operations;
const PEM = { certificate: "certificate pem", privateKey: "key pem" };
const DOMAIN = "www.example.com";

describe("operations", () => {
  const serve = useScriptedServers();

  describe("send", () => {
    const xml = (rest = "") =>
      `<BucketCnameConfiguration><Cname><Domain>${DOMAIN}</Domain>${rest}</Cname></BucketCnameConfiguration>`;
    const certificate = "<CertificateConfiguration><CertId>1-cn-hangzhou</CertId></CertificateConfiguration>";
    type Row = [name: string, call: (oss: OssClient) => Promise<unknown>, reply: string, line: string, body: string];
    const rows: Row[] = [
      [
        "CreateCnameToken",
        (oss) => createCnameToken(oss, "site", DOMAIN),
        TOKEN_XML,
        "POST /site/?cname&comp=token",
        xml(),
      ],
      [
        "GetCnameToken",
        (oss) => getCnameToken(oss, "site", DOMAIN),
        TOKEN_XML,
        `GET /site/?cname=${DOMAIN}&comp=token`,
        "",
      ],
      ["PutCname", (oss) => putCname(oss, "site", DOMAIN), "", "POST /site/?cname&comp=add", xml()],
      [
        "PutCname with a CertId",
        (oss) => putCname(oss, "site", DOMAIN, { certId: "1-cn-hangzhou" }),
        "",
        "POST /site/?cname&comp=add",
        xml(certificate),
      ],
      ["ListCname", (oss) => listCname(oss, "site"), LIST_XML, "GET /site/?cname", ""],
      ["DeleteCname", (oss) => deleteCname(oss, "site", DOMAIN), "", "POST /site/?cname&comp=delete", xml()],
    ];
    for (const [name, call, reply, line, body] of rows)
      it(name, async () => {
        const { endpoint, received } = await serve(text(200, reply));
        await call(clientOf(endpoint).oss);
        const [{ method, target, headers, body: sent }, ...more] = received as [Received];
        assert.equal(`${method} ${target}`, line);
        assert.equal(sent, body);
        assert.equal(headers["content-md5"], createHash("md5").update(body).digest("base64"));
        assert.deepEqual(more, []);
      });
  });

  describe("give", () => {
    it("a token, and the XML that says it", async () => {
      const { endpoint } = await serve(text(200, TOKEN_XML));
      const { token, xml } = await getCnameToken(clientOf(endpoint).oss, "site", DOMAIN);
      assert.deepEqual([token, xml], ["0123", TOKEN_XML]);
    });

    it("a list, and the XML that says it", async () => {
      const { endpoint } = await serve(text(200, LIST_XML));
      const list = await listCname(clientOf(endpoint).oss, "site");
      assert.deepEqual(list, { bucket: "site", owner: "1", cnames: [], xml: LIST_XML });
    });

    it("the CertId of a certificate that was put", async () => {
      const { endpoint } = await serve(text(200, "", { "x-oss-yundun-certificate-id": "7-cn-hangzhou" }));
      assert.deepEqual(await putCname(clientOf(endpoint).oss, "site", DOMAIN, PEM), { certId: "7-cn-hangzhou" });
    });

    it("no CertId where OSS answers none", async () => {
      const { endpoint } = await serve(text(200, ""));
      assert.deepEqual(await putCname(clientOf(endpoint).oss, "site", DOMAIN), {});
    });
  });

  describe("fail on a success that OSS did not answer:", () => {
    it("a page in place of a list", async () => {
      const { endpoint } = await serve(text(200, "<html><body>Sign in</body></html>"));
      assert.match(
        String(await failure(listCname(clientOf(endpoint).oss, "site"))),
        /ListCname on bucket site failed: BadResponse \(HTTP 200, request R1\): the reply is not a ListCnameResult/,
      );
    });

    it("nothing in place of a token", async () => {
      const { endpoint } = await serve(text(200, ""));
      const reason = await failure(getCnameToken(clientOf(endpoint).oss, "site", DOMAIN));
      assert.ok(isOssError(reason, "BadResponse"));
    });

    it("the list of another bucket", async () => {
      const { endpoint } = await serve(text(200, LIST_XML));
      assert.match(
        String(await failure(listCname(clientOf(endpoint).oss, "other"))),
        /BadResponse .*: the reply is about another bucket/,
      );
    });

    it("a page without a request id in place of a write", async () => {
      const { endpoint } = await serve((response) => response.end("<html>Sign in</html>"));
      const reason = await failure(deleteCname(clientOf(endpoint).oss, "site", DOMAIN));
      assert.ok(isOssError(reason, "BadResponse") && reason.details.maybeDone);
      assert.match(reason.message, /proxy or login page/);
    });
  });
});
