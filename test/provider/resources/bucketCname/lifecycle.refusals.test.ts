import assert from "node:assert/strict";
import { Scene } from "../../../support/scene";
import type { Program } from "../../../support/stack";

describe("BucketCname fails at once", () => {
  const site = { bucket: "site", domain: "www.example.com" };
  const bound: Program = { token: ["cnameToken", site], binding: ["bucketCname", site] };
  let scene: Scene;
  /** The token is made and in DNS. */
  beforeEach(async () => {
    scene = await Scene.start();
    await scene.stack.up({ token: ["cnameToken", site] });
    scene.prove();
    scene.forget();
  });
  afterEach(() => scene.close());

  /** Runs `up`, which must fail within seconds, by one request of that operation or as many as are given. */
  const failure = async (operation: string, program = bound, requests = 1): Promise<string> => {
    const began = scene.clock.now();
    const message = await scene.stack.up(program).then(
      () => assert.fail("it did not fail"),
      (error: Error) => error.message,
    );
    assert.ok(scene.clock.now() - began <= 3000, "it waited");
    assert.equal(scene.operations(operation).length, requests);
    assert.equal(scene.boundTo(site.domain) === "site", false);
    return message;
  };

  const codes: [status: number, code: string, next: RegExp][] = [
    [403, "CnameDenied", /Next: unbind the domain where it is bound now, which may be another account/],
    [403, "CnameIsForbidden", /Next: use another domain/],
    [403, "CnameIsRisk", /Next: use another domain/],
    [404, "NoSuchCnameInRecord", /Next: file the domain for ICP/],
    [404, "NoSuchBucket", /Next: check the bucket's name, its region/],
    [400, "TooManyCname", /TooManyCname/],
    [400, "InvalidArgument", /InvalidArgument/],
  ];
  for (const [status, code, next] of codes)
    it(`with ${code}`, async () => {
      scene.fault({ operation: "PutCname", status, code, ec: "0018-00000000", message: "The reason of the service." });
      const message = await failure("PutCname");
      assert.match(message, next);
      const { requestId } = scene.cloud.requests().at(-1) ?? {};
      for (const part of [
        "PutCname www.example.com on bucket site failed",
        `${code} (EC 0018-00000000, HTTP ${status}, request ${requestId})`,
        "The reason of the service",
      ])
        assert.ok(message.includes(part), message);
      // What failed left nothing behind, and the next up begins again.
      assert.deepEqual(await scene.stack.up(bound), { token: "same", binding: "create" });
      assert.equal(scene.boundTo(site.domain), "site");
    });

  it("with CnameAlreadyExists, and how to find the other bucket and move from there", async () => {
    scene.inConsole.moveBinding(site.domain, "other");
    const message = await failure("PutCname");
    assert.match(message, /CnameAlreadyExists.*npx oss-cname list BUCKET.*takeover/s);
    assert.equal(scene.boundTo(site.domain), "other");
  });

  it("with CnameDenied for another account's domain, unless the TXT record is enough for OSS", async () => {
    scene.cloud.addBucket({ name: "theirs", owner: "999" });
    scene.inConsole.moveBinding(site.domain, "theirs");
    assert.match(await failure("PutCname"), /CnameDenied/);
    scene.cloud.set({ takeoverByTxt: true });
    await scene.stack.up(bound);
    assert.equal(scene.boundTo(site.domain), "site");
  });

  for (const operation of ["ListCname", "GetCnameToken", "PutCname"])
    it(`with AccessDenied to ${operation}, and the least policy to paste`, async () => {
      scene.fault({ operation, status: 403, code: "AccessDenied", ec: "0003-00000001" });
      const message = await failure(operation);
      assert.match(message, new RegExp(`${operation} .*on bucket site failed: AccessDenied`));
      assert.deepEqual(JSON.parse(message.slice(message.indexOf("{"))), {
        Version: "1",
        Statement: [
          {
            Effect: "Allow",
            Action: ["oss:CreateCnameToken", "oss:GetCnameToken", "oss:ListCname", "oss:PutCname", "oss:DeleteCname"],
            Resource: "acs:oss:*:*:site",
          },
        ],
      });
    });

  it("with a policy for certificates too, where one is put", async () => {
    scene.inConsole.moveBinding(site.domain, "site");
    scene.fault({ operation: "PutCname", status: 403, code: "AccessDenied", ec: "0003-00000001" });
    const certificate: Program = { certificate: ["cnameCertificate", { ...site, certId: "1-cn-hangzhou" }] };
    await assert.rejects(scene.stack.up(certificate), ({ message }: Error) => {
      const policy = JSON.parse(message.slice(message.indexOf("{"), message.lastIndexOf("}") + 1));
      assert.deepEqual(
        policy.Statement.map(({ Resource }: { Resource: string }) => Resource),
        ["acs:oss:*:*:site", "*"],
      );
      return true;
    });
  });

  it("with both possible causes, where OSS says that the bucket is not ours", async () => {
    scene.cloud.addBucket({ name: "theirs", owner: "999" });
    const message = await failure("ListCname", { binding: ["bucketCname", { ...site, bucket: "theirs" }] });
    assert.match(
      message,
      /another account's, use a key of that account.*bucket policy.*allow the action oss:ListCname/s,
    );
  });

  it("with the right endpoint for a bucket of another region, and no policy", async () => {
    scene.cloud.addBucket({ name: "away", region: "cn-shanghai" });
    const away = { bucket: "away", domain: "away.example.com" };
    const message = await failure("ListCname", { binding: ["bucketCname", away] });
    assert.match(message, /AccessDenied.*served at oss-cn-shanghai\.aliyuncs\.com: set the region or the endpoint/s);
    assert.ok(!message.includes("Statement"));
    await scene.stack.up({ token: ["cnameToken", { ...away, region: "cn-shanghai" }] });
    assert.equal(scene.cloud.state().tokens.at(-1)?.bucket, "away");
  });

  it("with NoSuchBucket before anything is asked of DNS", async () => {
    // The preview lists, and `up` before and in `create`: the program might have made the bucket in between.
    const message = await failure("ListCname", { binding: ["bucketCname", { ...site, bucket: "nowhere" }] }, 3);
    assert.match(message, /ListCname on bucket nowhere failed: NoSuchBucket .*Next: check the bucket's name/);
  });
});
