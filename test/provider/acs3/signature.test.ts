import assert from "node:assert/strict";
import { rpcQuery, signAcs3 } from "../../../provider/acs3/signature";

describe("ACS3 signature of a call", () => {
  it("is the one of the documentation", () => {
    const query = rpcQuery({
      RegionId: "cn-shanghai",
      ImageId: "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
    });
    const call = { host: "ecs.cn-shanghai.aliyuncs.com", action: "RunInstances", version: "2014-05-26", query };
    const key = { accessKeyId: "YourAccessKeyId", accessKeySecret: "YourAccessKeySecret" };
    const headers = signAcs3(call, key, new Date("2023-10-26T10:22:32Z"), "3156853299f313e23d1673dc12e1703d");
    assert.equal(
      headers.authorization,
      "ACS3-HMAC-SHA256 Credential=YourAccessKeyId," +
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    );
  });

  it("is of a query in the order of its names, encoded by RFC 3986", () => {
    assert.equal(rpcQuery({ Type: "TXT", TypeKeyWord: "a b", RR: "*~!" }), "RR=%2A~%21&Type=TXT&TypeKeyWord=a%20b");
  });
});
