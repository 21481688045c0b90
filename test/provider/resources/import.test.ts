import assert from "node:assert/strict";
import type { PropertyMap } from "../../../engine/property/value";
import type { ProviderName } from "../../../provider/resources/dynamicResource";
import type { AnyLifecycle } from "../../../provider/resources/lifecycle";
import { lifecycles } from "../../../provider/resources/lifecycles";
import { Run } from "../../../provider/run";
import { Scene } from "../../support/scene";

const domain = "www.example.com";
const certId = "12345-cn-hangzhou";

describe("an import by id", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.start();
    scene.inConsole.moveBinding(domain, "site");
    scene.inConsole.replaceCertificate(domain, { certId });
  });
  afterEach(() => scene.close());

  const lifecycle = (kind: ProviderName, config: PropertyMap = {}) => {
    const settings = { ...scene.stack.config, ...config } as Record<string, string>;
    const run = new Run({ clock: scene.clock, print: () => {}, config: { get: (key) => settings[key] } });
    return lifecycles(run)[kind] as unknown as Required<AnyLifecycle>;
  };
  const find = (kind: ProviderName, id: string, buckets?: string) =>
    lifecycle(kind, buckets === undefined ? {} : { "oss-cname:buckets": buckets }).read(id);
  const messageOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => assert.fail("it succeeded"),
      (error: Error) => error.message,
    );
  /** What the user pastes changes nothing, and its resource is destroyed as if it had been made so. */
  const adopts = async (kind: ProviderName, id: string, buckets?: string) => {
    const { id: found = "", props = {}, inputs = {} } = await find(kind, id, buckets);
    const { inputs: checked, failures } = await lifecycle(kind).check(inputs, inputs);
    assert.deepEqual(failures, []);
    assert.deepEqual((await lifecycle(kind).diff(found, props, checked)).changes, false);
    assert.deepEqual(JSON.parse(JSON.stringify({ props, inputs })), { props, inputs });
    return { id: found, inputs, props };
  };

  const binding = { bucket: "site", domain };
  for (const [kind, canonical, inputs] of [
    ["bucketCname", domain, binding],
    ["cnameToken", `site/${domain}`, binding],
    ["cnameCertificate", domain, { ...binding, certId }],
  ] as const)
    describe(`of a ${kind}`, () => {
      for (const [form, id, buckets] of [
        ["its bucket and domain", `site/${domain}`, undefined],
        ["a domain that is not written as usual", "site/WWW.Example.com.", undefined],
        ["its domain, where a list has its bucket", domain, "other, site"],
        ["its domain, where JSON has its bucket", domain, '["other","site"]'],
      ] as const)
        it(`takes ${form}, and shows no change`, async () => {
          const found = await adopts(kind, id, buckets);
          assert.deepEqual([found.id, found.inputs], [canonical, inputs]);
          assert.deepEqual(scene.moves(), []);
        });

      for (const id of ["", "a/b/c", "site/", "/www.example.com", "no_bucket!/www.example.com", "12345"])
        it(`says of ${JSON.stringify(id)} what an id is`, async () => {
          assert.match(
            await messageOf(find(kind, id, "site")),
            /^".*" is not the id of a \w+: an id is bucket\/domain, or/,
          );
          assert.deepEqual(scene.operations(), []);
        });

      it("asks for the bucket where none is listed", async () => {
        assert.match(
          await messageOf(find(kind, domain)),
          /Next: import it as bucket\/www\.example\.com, or list the bu/,
        );
        assert.deepEqual(scene.operations(), []);
      });

      it("says which buckets do not have it", async () =>
        assert.match(await messageOf(find(kind, "none.example.com", "site,other")), /none of the buckets site, other/));

      it("says that its own bucket does not have it", async () =>
        assert.match(await messageOf(find(kind, "other/www.example.com")), /bucket other /));
    });

  it("of a CnameToken finds the bucket that has a token only", async () => {
    const token = lifecycle("cnameToken");
    await token.create({ bucket: "other", domain: "new.example.com" });
    assert.equal((await adopts("cnameToken", "new.example.com", "site,other")).id, "other/new.example.com");
    await token.create({ bucket: "site", domain: "new.example.com" });
    assert.match(
      await messageOf(find("cnameToken", "new.example.com", "site,other")),
      /any of the buckets site, other/,
    );
  });

  describe("of an AlidnsRecord", () => {
    const add = (name: string, type: string, value: string) =>
      scene.cloud.addRecord({ name, type, value, ttl: 600 }).id;
    const cname = { name: domain, type: "CNAME", value: "site.example.net", ttl: 600 };

    it("takes name and type, and deletes the record with its resource", async () => {
      const recordId = add(cname.name, cname.type, cname.value);
      const found = await adopts("alidnsRecord", "WWW.example.com/CNAME");
      assert.deepEqual([found.id, found.inputs], [recordId, cname]);
      await lifecycle("alidnsRecord").delete(found.id, found.props);
      assert.equal(
        scene.cloud.state().records.some(({ type }) => type === "CNAME"),
        false,
      );
    });

    it("takes the RecordId too, and asks for it where it must", async () => {
      const [one, other] = ["a", "b"].map((value) => add(`_dnsauth.${domain}`, "TXT", value));
      const id = `_dnsauth.${domain}/TXT`;
      assert.match(await messageOf(find("alidnsRecord", id)), new RegExp(`import one of ${id}/${one}, ${id}/${other}`));
      assert.equal((await adopts("alidnsRecord", `${id}/${other}`)).inputs.value, "b");
    });

    for (const id of ["12345", domain, `${domain}/A`, `${domain}/cname`, `/CNAME`, `${domain}/TXT/1/2`])
      it(`says of ${id} what an id is`, async () => {
        assert.match(
          await messageOf(find("alidnsRecord", id)),
          /is not the id of an AlidnsRecord: an id is name\/type/,
        );
        assert.deepEqual(scene.operations(), []);
      });

    it("says that there is none", async () =>
      assert.match(
        await messageOf(find("alidnsRecord", `${domain}/TXT`)),
        /no TXT record www.example.com\/TXT in the zone/,
      ));
  });

  describe("of BucketCnames", () => {
    it("takes a bucket, with all its domains", async () => {
      scene.inConsole.moveBinding("img.example.com", "site");
      const { id, inputs } = await adopts("bucketCnames", "site");
      const domains = { [domain]: { certificate: { certId } }, "img.example.com": {} };
      assert.deepEqual([id, inputs], ["site", { bucket: "site", domains }]);
    });

    it("says what an id is, and that a bucket has no domains", async () => {
      assert.match(await messageOf(find("bucketCnames", `site/${domain}`)), /an id is the name of a bucket/);
      assert.match(await messageOf(find("bucketCnames", "other")), /no domain is bound to the bucket/);
    });
  });
});
