import * as assert from "node:assert/strict";
import { type Cloud, type CloudOptions, startCloud } from "../../../../local";
import { createToken, getToken, type Reply } from "../../../support/call";

const outcome = ({ status, code, ec }: Reply) => [status, code, ec];
const fine = [200, undefined, undefined];

describe("CreateCnameToken", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ buckets: ["site1", "site2"], ...options });
  };
  afterEach(() => cloud.close());

  it("answers with a token document", async () => {
    await start();
    const created = await createToken(cloud, "site1", "www.example.com");
    assert.match(
      created.body,
      /^<CnameToken><Bucket>site1<\/Bucket><Cname>www.example.com<\/Cname><Token>[0-9a-f]{32}<\/Token><ExpireTime>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT<\/ExpireTime><\/CnameToken>$/,
    );
    assert.equal((await getToken(cloud, "site1", "www.example.com")).body, created.body);
  });

  it("refuses a domain bound to the same bucket", async () => {
    await start();
    cloud.inConsole.moveBinding("www.example.com", "site1");
    assert.deepEqual(outcome(await createToken(cloud, "site1", "www.example.com")), [
      403,
      "NoNeedCreateCnameToken",
      "0018-00000302",
    ]);
  });

  it("issues a token for a domain bound to another bucket", async () => {
    await start();
    cloud.inConsole.moveBinding("www.example.com", "site1");
    assert.deepEqual(outcome(await createToken(cloud, "site2", "www.example.com")), fine);
  });

  it("refuses such a domain where the switch says so", async () => {
    await start({ switches: { tokenWhileBoundElsewhere: "refuse" } });
    cloud.inConsole.moveBinding("www.example.com", "site1");
    assert.equal((await createToken(cloud, "site2", "www.example.com")).code, "NoNeedCreateCnameToken");
  });

  it("limits the tokens of a bucket", async () => {
    await start({ switches: { tokensPerBucket: 1 } });
    await createToken(cloud, "site1", "www.example.com");
    assert.equal((await createToken(cloud, "site1", "two.example.com")).code, "TooManyCnameToken");
    assert.equal((await createToken(cloud, "site2", "two.example.com")).status, 200);
  });
});
