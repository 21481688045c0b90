import assert from "node:assert/strict";
import { SETTINGS, Settings } from "../../../provider/config/settings";
import { Scene } from "../../support/scene";

const mistakes: readonly (readonly [key: string, value: string, said: RegExp])[] = [
  ["alicloud:region", "oss-cn-hangzhou", /must be given as cn-hangzhou/],
  ["oss-cname:region", "oss-cn-hangzhou", /must be given as cn-hangzhou/],
  ["oss-cname:endpoint", "ftp://oss.example.com", /must use http or https/],
  ["oss-cname:alidnsEndpoint", "alidns aliyuncs com", /neither a host nor/],
  ["oss-cname:signatureVersion", "v5", /"v5" is not v4 or v1/],
  ["oss-cname:addressing", "vhost", /"vhost" is not virtual or path/],
  ["oss-cname:verification", "non", /"non" is not authoritative or none/],
  ["oss-cname:allowHttp", "yes", /"yes" is not true or false/],
  ["oss-cname:dnsServers", "127.0.0.1:99999", /is not a list of host:port/],
  ["oss-cname:dnsServers", '["127.0.0.1:53"', /is not a list of host:port/],
  ["oss-cname:casEndpoint", "not a host", /neither a host nor/],
  ["oss-cname:acmeDirectory", "letsEncript", /did you mean "letsEncrypt"/],
  ["oss-cname:acmeAccountKeyFile", "-----BEGIN PRIVATE KEY-----", /: is not the path of a file/],
  ["oss-cname:buckets", "site, Site", /bucket "Site" must be 3 to 63 lower-case/],
  ["oss-cname:buckets", '["site"', /is not a list of buckets/],
  ["oss-cname:dnsTimeoutSeconds", "15m", /"15m" is not a number of seconds/],
  ["oss-cname:dnsTimeoutSeconds", "-1", /is not a number of seconds/],
  ["oss-cname:removalLimit", "10%", /"10%" is not a number of domains/],
  ["oss-cname:maxConcurrentRequests", "0", /"0" is not a whole number from 1 to 999/],
  ["oss-cname:maxConcurrentRequests", "2.5", /is not a whole number/],
  ["oss-cname:maxConcurrentRequests", "ten", /is not a whole number/],
];

describe("settings", () => {
  it("have a test of an invalid value each", () => {
    assert.deepEqual(new Set(mistakes.map(([key]) => key)), new Set(SETTINGS));
  });

  for (const [key, value, said] of mistakes)
    it(`refuse ${key} ${JSON.stringify(value)} by its name before anything is sent`, async () => {
      const scene = await Scene.start({ config: { [key]: value } });
      try {
        const record = { name: "a.example.com", type: "TXT", value: "x" };
        for (const [kind, inputs] of [
          ["cnameToken", { bucket: "site", domain: "a.example.com" }],
          ["alidnsRecord", record],
        ] as const)
          await assert.rejects(scene.stack.up({ it: [kind, inputs] }), (error: Error) => {
            assert.match(error.message, said);
            assert.ok(error.message.includes(`${key}: `), error.message);
            return true;
          });
        assert.deepEqual(scene.operations(), []);
      } finally {
        await scene.close();
      }
    });

  const use = (values: Record<string, string>) => new Settings({ get: (key) => values[key] });

  it("are taken in capitals or not", () => {
    assert.equal(use({ "oss-cname:verification": "None" }).choice("oss-cname:verification"), "none");
  });

  it("hold DNS servers as a list or separated by commas", () => {
    assert.deepEqual(use({ "oss-cname:dnsServers": '["127.0.0.1:53", "[::1]:53"]' }).dnsServers, [
      "127.0.0.1:53",
      "[::1]:53",
    ]);
    assert.deepEqual(use({ "oss-cname:dnsServers": "127.0.0.1:53, 127.0.0.2:53" }).dnsServers, [
      "127.0.0.1:53",
      "127.0.0.2:53",
    ]);
  });

  it("count as not set when they are empty", () => {
    assert.equal(use({ "oss-cname:dnsServers": "" }).dnsServers, undefined);
    assert.equal(use({ "oss-cname:dnsServers": "" }).get("oss-cname:dnsServers"), undefined);
  });
});
