import * as assert from "node:assert/strict";
import { type Cloud, type CloudOptions, startCloud } from "../../../../local";
import { bind, getToken, type Reply } from "../../../support/call";

const outcome = ({ status, code, ec }: Reply) => [status, code, ec];

describe("GetCnameToken", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ buckets: ["site1", "site2"], ...options });
  };
  afterEach(() => cloud.close());

  it("answers 404 without a token", async () => {
    await start();
    const reply = await getToken(cloud, "site1", "www.example.com");
    assert.deepEqual(outcome(reply), [404, "CnameTokenNotFound", "0018-00000301"]);
  });

  it("still finds the token once the domain is bound", async () => {
    await start();
    await bind(cloud, "site1", "www.example.com");
    assert.equal((await getToken(cloud, "site1", "www.example.com")).status, 200);
  });

  it("does not find it then where the switch says so", async () => {
    await start({ switches: { tokenAfterBinding: "notFound" } });
    await bind(cloud, "site1", "www.example.com");
    assert.equal((await getToken(cloud, "site1", "www.example.com")).code, "CnameTokenNotFound");
  });
});
