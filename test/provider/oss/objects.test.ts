import assert from "node:assert/strict";
import { isOssError } from "../../../provider/oss/error";
import { objects } from "../../../provider/oss/objects";
import {
  authorizationV4,
  canonicalRequestV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
} from "../../../provider/oss/sign";
import {
  clientOf,
  error,
  failure,
  type Received,
  type Step,
  text,
  useScriptedServers,
} from "../../support/scriptedServer";

const { deleteObject, getObject, putObject } = objects;
const KEY = ".well-known/acme-challenge/a_b-1";
const PATH = `/site/${KEY}`;

describe("objects", () => {
  const serve = useScriptedServers();

  it("are put with their content, for everybody to read where that is asked for", async () => {
    for (const isPublic of [true, false]) {
      const { endpoint, received } = await serve();
      await putObject(clientOf(endpoint).oss, "site", KEY, "content", { isPublic });
      const [{ method, target, headers, body }] = received as [Received];
      assert.equal(`${method} ${target}`, `PUT ${PATH}`);
      assert.equal(body, "content");
      assert.equal(headers["content-type"], "text/plain");
      assert.equal(headers["x-oss-object-acl"], isPublic ? "public-read" : undefined);
    }
  });

  it("have their key and their ACL in the signature", async () => {
    const { endpoint, received } = await serve();
    await putObject(clientOf(endpoint).oss, "site", KEY, "content", { isPublic: true });
    const [{ method, headers }] = received as [Received];
    assert.ok(headers["x-oss-object-acl"]);
    const canonical = canonicalRequestV4({ method, bucket: "site", key: KEY, query: "", headers });
    const date = String(headers["x-oss-date"]);
    const scope = { date: date.slice(0, 8), region: "cn-hangzhou", product: "oss" };
    const signature = signatureV4(signingKeyV4("sk", scope), stringToSignV4(date, scope, canonical));
    assert.equal(headers.authorization, authorizationV4("ak", scope, [], signature));
  });

  it("are read; one that is not there is undefined, and every other refusal an error", async () => {
    const { endpoint, received } = await serve(
      text(200, "content"),
      error(404, "NoSuchKey"),
      error(404, "NoSuchBucket"),
    );
    const { oss } = clientOf(endpoint);
    assert.equal(await getObject(oss, "site", KEY), "content");
    assert.equal(await getObject(oss, "site", KEY), undefined);
    assert.ok(isOssError(await failure(getObject(oss, "site", KEY)), "NoSuchBucket"));
    assert.equal(`${received[0]?.method} ${received[0]?.target}`, `GET ${PATH}`);
  });

  it("are not done where another server than OSS answers", async () => {
    const page: Step = (response) => response.writeHead(200).end("<html>sign in</html>");
    const { endpoint } = await serve(page, page, page);
    const { oss } = clientOf(endpoint);
    for (const call of [
      putObject(oss, "site", KEY, "content", { isPublic: true }),
      getObject(oss, "site", KEY),
      deleteObject(oss, "site", KEY),
    ])
      assert.match(String(await failure(call)), /a_b-1 on bucket site failed: BadResponse .*does not come from OSS/);
  });

  it("are deleted", async () => {
    const { endpoint, received } = await serve(text(204, ""));
    await deleteObject(clientOf(endpoint).oss, "site", KEY);
    assert.equal(`${received[0]?.method} ${received[0]?.target}`, `DELETE ${PATH}`);
  });

  it("are named in an error, with the prefix that a policy must allow", async () => {
    const { endpoint } = await serve(error(403, "AccessDenied"));
    const reason = await failure(putObject(clientOf(endpoint).oss, "site", KEY, "", { isPublic: true }));
    assert.match(String(reason), /PutObject \.well-known\/acme-challenge\/a_b-1 on bucket site failed: AccessDenied/);
    assert.match(
      String(reason),
      /oss:PutObject on acs:oss:\*:\*:site\/\.well-known\/acme-challenge\/\*.*oss:PutObjectAcl.*Block Public Access/,
    );
  });
});
