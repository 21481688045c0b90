import assert from "node:assert/strict";
import type { HttpClient, HttpReply } from "../../../provider/http";
import { OssClient } from "../../../provider/oss/client";
import { isOssError, isOutcomeUnknown } from "../../../provider/oss/error";
import { operations } from "../../../provider/oss/operations";

const LOGIN_PAGE = "<html><body>Sign in</body></html>";

/** A client that gets this reply, whatever it sends. */
function clientOf(reply: Partial<HttpReply>): OssClient {
  const http = { exchange: async () => ({ status: 200, headers: {}, body: "", ...reply }) };
  const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk" });
  return new OssClient({ region: "cn-hangzhou", credentials, http: http as unknown as HttpClient });
}

describe("a reply that is not what the operation answers", () => {
  const list = (bucket: string) => `<ListCnameResult><Bucket>${bucket}</Bucket><Owner>1</Owner></ListCnameResult>`;
  const token = "<CnameToken><Bucket>site</Bucket><Token>0123</Token></CnameToken>";

  const cases: [title: string, call: (client: OssClient) => Promise<unknown>, body: string][] = [
    ["a login page for PutCname", (client) => operations.putCname(client, "site", "a.example.com"), LOGIN_PAGE],
    ["a login page for DeleteCname", (client) => operations.deleteCname(client, "site", "a.example.com"), LOGIN_PAGE],
    ["a login page for ListCname", (client) => operations.listCname(client, "site"), LOGIN_PAGE],
    [
      "an error with status 200",
      (client) => operations.listCname(client, "site"),
      "<Error><Bucket>site</Bucket></Error>",
    ],
    ["the list of another bucket", (client) => operations.listCname(client, "site"), list("other")],
    ["a token for ListCname", (client) => operations.listCname(client, "site"), token],
    ["a list for GetCnameToken", (client) => operations.getCnameToken(client, "site", "a.example.com"), list("site")],
  ];
  for (const [title, call, body] of cases)
    it(`is an error: ${title}`, () =>
      assert.rejects(call(clientOf({ body })), (error) => isOssError(error, "BadResponse")));

  it("leaves open whether a write was done", () =>
    assert.rejects(operations.putCname(clientOf({ body: LOGIN_PAGE }), "site", "a.example.com"), isOutcomeUnknown));

  it("is not the body that a write has with the request id of OSS", async () => {
    const headers = { "x-oss-request-id": "R1" };
    await operations.putCname(clientOf({ body: "<Result/>", headers }), "site", "a.example.com");
  });
});
