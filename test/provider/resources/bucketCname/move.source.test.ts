import assert from "node:assert/strict";
import type { BindingInputs } from "../../../../provider/resources/binding";
import { findSource } from "../../../../provider/resources/bucketCname/move";
import type { Run } from "../../../../provider/run";

const domain = "www.example.com";
type Destination = Parameters<typeof findSource>[1];
type Recorded = Parameters<typeof findSource>[2];

/** A run in which only `listing` lists the domain; `asked` are the bindings that were looked for. */
function runWith(listing: string | undefined) {
  const asked: BindingInputs[] = [];
  const bucket = (binding: BindingInputs) => ({
    name: binding.bucket,
    binding: async () => {
      asked.push(binding);
      return binding.bucket === listing ? { domain } : undefined;
    },
  });
  return { run: { bucket } as unknown as Run, asked };
}

describe("findSource", () => {
  const site = { bucket: "site", domain };
  const bound = (more: object = {}) => ({ bucket: "old", domain, status: "Enabled", ...more });
  const find = async (listing: string | undefined, inputs: Destination, olds?: Recorded) => {
    const { run, asked } = runWith(listing);
    const source = await findSource(run, inputs, olds);
    return { asked, source: source && { ...source.binding, ours: source.ours } };
  };

  describe("of a binding that we made", () => {
    const cases: [title: string, listing: string | undefined, olds: Recorded, source: object | undefined][] = [
      ["is its bucket while that lists the domain", "old", bound(), { bucket: "old", domain, ours: true }],
      ["is nothing once its bucket does not list it", undefined, bound(), undefined],
      ["is nothing in the same bucket", "site", bound({ bucket: "site" }), undefined],
      [
        "is nothing in the same bucket at another endpoint",
        "site",
        bound({ bucket: "site", endpoint: "oss.example.com" }),
        undefined,
      ],
      ["is nothing where it never got further than Pending", "old", bound({ status: "Pending" }), undefined],
      [
        "is the bucket that a pending move has left it in",
        "older",
        bound({ status: "Pending", boundTo: { bucket: "older", domain } }),
        { bucket: "older", domain, ours: true },
      ],
      [
        "keeps region and endpoint, and nothing else of the state",
        "old",
        bound({ region: "cn-beijing", endpoint: "oss.example.com" }),
        { bucket: "old", domain, region: "cn-beijing", endpoint: "oss.example.com", ours: true },
      ],
    ];
    for (const [title, listing, olds, source] of cases)
      it(title, async () => assert.deepEqual((await find(listing, site, olds)).source, source));
  });

  describe("of a takeover", () => {
    const here = { region: "cn-hangzhou", endpoint: "oss.example.com" };
    const cases: [title: string, place: object, takeover: object, found: object][] = [
      ["is the named bucket", {}, {}, {}],
      ["is in the destination's region, at its endpoint", here, {}, here],
      ["is at the destination's endpoint where it names that region", here, { region: "cn-hangzhou" }, here],
      ["is at no endpoint of another region", here, { region: "cn-beijing" }, { region: "cn-beijing" }],
      ["is at its own endpoint", here, { endpoint: "other.example.com" }, { ...here, endpoint: "other.example.com" }],
    ];
    for (const [title, place, takeover, found] of cases)
      it(title, async () => {
        const { source } = await find("other", { ...site, ...place, takeover: { bucket: "other", ...takeover } });
        assert.deepEqual(source, { bucket: "other", domain, ...found, ours: false });
      });

    const inputs = { ...site, takeover: { bucket: "other" } };

    it("comes after the bucket that we bound the domain to", async () => {
      const { source, asked } = await find("old", inputs, bound());
      assert.equal(source?.bucket, "old");
      assert.deepEqual(
        asked.map(({ bucket }) => bucket),
        ["old"],
      );
    });

    it("is nothing where an earlier takeover has unbound the domain there", async () =>
      assert.equal((await find(undefined, inputs, bound({ bucket: "site", status: "Pending" }))).source, undefined));

    for (const [title, olds] of [
      ["a new resource", undefined],
      ["a resource that is bound", bound()],
    ] as const)
      it(`is refused for ${title} where the named bucket does not list the domain`, async () =>
        assert.rejects(find(undefined, inputs, olds), /from bucket other: that bucket does not list it/));
  });

  it("is nothing for a new resource without a takeover", async () => {
    const { source, asked } = await find("old", site);
    assert.equal(source, undefined);
    assert.deepEqual(asked, []);
  });
});
