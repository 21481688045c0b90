/** A fleet under services that refuse a fifth of all requests, through the lifecycles that serve it. */
import assert from "node:assert/strict";
import type { PropertyMap } from "../../../engine/property/value";
import type { ProviderName } from "../../../provider/resources/dynamicResource";
import { providerText } from "../../../provider/resources/dynamicResource";
import { inTexts } from "../../support/certificateScene";
import { createAuthority } from "../../support/certificates";
import { FleetScene } from "../../support/fleetScene";
import type { Door } from "../../support/provider";
import { Scene } from "../../support/scene";

const DOMAINS = 60;

describe("a fleet whose services refuse a fifth of its requests", () => {
  for (const code of ["QpsLimitExceeded", "ServiceUnavailable"])
    it(`with 503 ${code} is made without a failure, with at most 1.5 times the writes`, async () => {
      const scene = await Scene.start();
      try {
        scene.fault({ operation: "*", status: 503, code, share: 0.2, seed: 1, times: 1e9 });
        const pair = inTexts(await (await createAuthority()).issue({ names: ["*.example.com"] }));
        const domains = Array.from({ length: DOMAINS }, (_, index) => `d${index}.example.com`);
        await scene.stack.operate(async (provider) => {
          const all = (kind: ProviderName, inputsOf: (domain: string) => PropertyMap) =>
            Promise.all(domains.map((domain) => create(provider, kind, inputsOf(domain))));
          const tokens = await all("cnameToken", (domain) => ({ bucket: "site", domain }));
          await Promise.all(
            tokens.map(({ txtRecord }) =>
              create(provider, "alidnsRecord", { ...(txtRecord as PropertyMap), ttl: 600 }),
            ),
          );
          await all("bucketCname", (domain) => ({ bucket: "site", domain }));
          await all("cnameCertificate", (domain) => ({ bucket: "site", domain, ...pair }));
        });
        const { bindings, certificates } = scene.cloud.state();
        assert.equal(bindings.filter(({ certId }) => certId !== undefined).length, DOMAINS);
        assert.equal(certificates.length, 1);
        const writes = scene
          .operations()
          .filter((operation) => /^(CreateCnameToken|PutCname|AddDomainRecord)$/.test(operation));
        assert.ok(writes.length <= 1.5 * 4 * DOMAINS, `${writes.length} writes`);
      } finally {
        await scene.close();
      }
    });
});

describe("BucketCnames at a service that cannot take a fifth of its requests at the moment", () =>
  it("asks what was carried out by a list for many domains", async () => {
    const on = await FleetScene.start({
      config: { "oss-cname:verification": "none" },
      switches: { bindsUnverified: true },
    });
    try {
      const certificate = await on.certificate();
      const share = { share: 0.2, seed: 1, times: 1e9 };
      on.scene.fault({ operation: "*", status: 503, code: "ServiceUnavailable", ...share });
      const domains = Array.from({ length: DOMAINS }, (_, index) => `d${index}.example.com`);
      const { ListCname = 0, PutCname = 0 } = await on.sent(on.fleet(domains, { certificate }));
      assert.equal(on.scene.cloud.state().bindings.filter(({ certId }) => certId !== undefined).length, DOMAINS);
      assert.ok(PutCname <= 1.5 * 2 * DOMAINS, `${PutCname} PutCname`);
      assert.ok(ListCname <= (2 / 3) * DOMAINS, `${ListCname} ListCname`);
    } finally {
      await on.close();
    }
  }));

async function create(provider: Door, kind: ProviderName, declared: PropertyMap): Promise<PropertyMap> {
  const { inputs, failures } = await provider.check({}, { ...declared, __provider: providerText(kind) });
  assert.deepEqual(failures, []);
  return (await provider.create(inputs)).properties;
}
