import assert from "node:assert/strict";
import type { PropertyMap } from "../../../engine/property/value";
import type { Fault } from "../../../local";
import { type ProviderName, providerText } from "../../../provider/resources/dynamicResource";
import { Run } from "../../../provider/run";
import { Provider } from "../../support/provider";
import { Scene } from "../../support/scene";

const domain = "www.example.com";
const TXT = { name: `_dnsauth.${domain}`, type: "TXT", value: "0123456789abcdef0123456789abcdef", ttl: 600 };
/** Longer than any test may take. */
const FOR_EVER = 600_000;

describe("a cancelled run", () => {
  let scene: Scene;
  let run: Run;
  let provider: Provider;
  beforeEach(async () => {
    scene = await Scene.start();
    run = new Run({ clock: scene.clock, print: () => {} });
    provider = new Provider(run);
    await provider.configure(scene.stack.config);
  });
  afterEach(() => scene.close());

  const create = async (kind: ProviderName, declared: PropertyMap) => {
    const { inputs } = await provider.check({}, { ...declared, __provider: providerText(kind) });
    return provider.create(inputs);
  };
  const failureOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => assert.fail("it succeeded"),
      (error: Error) => error,
    );
  /** Cancels once a request has come, or was carried out, that gets no answer. */
  const cancelIn = async (
    fault: Fault,
    work: Promise<unknown>,
    isTime = () => scene.operations().includes(fault.operation),
  ) => {
    scene.fault({ bodyDelayMs: FOR_EVER, ...fault });
    const failure = failureOf(work);
    while (!isTime()) await new Promise(setImmediate);
    run.cancel();
    return failure;
  };

  it("ends the wait for a TXT record, and names it", async () => {
    await create("cnameToken", { bucket: "site", domain });
    let sleeps = 0;
    scene.meanwhile = () => {
      if (++sleeps === 3) run.cancel();
    };
    const failure = await failureOf(create("bucketCname", { bucket: "site", domain }));
    const record = `TXT _dnsauth.${domain} = ${scene.token("site", domain)}`;
    assert.equal(
      failure.message,
      `${domain} is not bound to bucket site yet: the wait for its record, ${record}, was cancelled. ` +
        "Next: run `pulumi up` again, which looks at what is there and continues",
    );
    assert.deepEqual([sleeps, scene.moves()], [3, []]);
  });

  it("ends a request that gets no answer, and sends no more", async () => {
    const failure = await cancelIn(
      { operation: "CreateCnameToken", delayMs: FOR_EVER },
      create("cnameToken", { bucket: "site", domain }),
    );
    assert.match(failure.message, /CreateCnameToken www\.example\.com .*no complete reply.*\(cancelled\)\. Next: run/);
    scene.forget();
    assert.match((await failureOf(create("cnameToken", { bucket: "site", domain }))).message, /cancelled\. Next: run/);
    assert.deepEqual(scene.operations(), []);
  });

  it("does not repeat a PutCname that may have been carried out, which the next up finds", async () => {
    const program = { binding: ["bucketCname", { bucket: "site", domain }] as const };
    await create("cnameToken", { bucket: "site", domain });
    scene.prove();
    const isBound = () => scene.boundTo(domain) !== undefined;
    await cancelIn({ operation: "PutCname" }, create("bucketCname", { bucket: "site", domain }), isBound);
    await scene.stack.up(program);
    assert.deepEqual(scene.moves(), ["PutCname site"]);
  });

  it("knows for its own a record that may have been made", async () => {
    const isMade = () => scene.cloud.state().records.some(({ name }) => name === TXT.name);
    const failure = await cancelIn({ operation: "AddDomainRecord" }, create("alidnsRecord", TXT), isMade);
    assert.match(failure.message, /AddDomainRecord .*: cancelled\. Next: run/);
    const { id, properties } = failure as Error & { id: string; properties: PropertyMap };
    scene.stack.state.set("txt", { id, inputs: {}, outputs: properties, failed: true });
    await scene.stack.up({ txt: ["alidnsRecord", TXT] });
    assert.equal(scene.stack.output("txt", "adopted"), false);
    assert.equal(scene.operations("AddDomainRecord").length, 1);
  });

  it("lets a request wait no longer for its turn", async () => {
    for (let times = 0; times < 20; times++) scene.fault({ operation: "CreateCnameToken", delayMs: FOR_EVER });
    const all = Array.from({ length: 20 }, (_, n) =>
      failureOf(create("cnameToken", { bucket: "site", domain: `n${n}.example.com` })),
    );
    while (scene.operations("CreateCnameToken").length < 10) await new Promise(setImmediate);
    run.cancel();
    for (const failure of await Promise.all(all)) assert.match(failure.message, /cancelled/);
    assert.equal(scene.operations("CreateCnameToken").length, 10);
  });

  it("still finishes a move of a domain that is between two buckets", async () => {
    await scene.stack.up({ token: ["cnameToken", { bucket: "site", domain }] });
    scene.prove();
    await scene.stack.up({ binding: ["bucketCname", { bucket: "site", domain }] });
    await create("cnameToken", { bucket: "other", domain });
    scene.prove("other");
    scene.fault({ operation: "PutCname", bucket: "other", status: 409, code: "CnameAlreadyExists" });
    scene.fault({ operation: "PutCname", bucket: "other", status: 403, code: "NeedVerifyDomainOwnership" });
    const unbound: (string | undefined)[] = [];
    scene.meanwhile = () => {
      if (scene.boundTo(domain) !== undefined) return;
      unbound.push(domain);
      run.cancel();
    };
    const { id, outputs } = scene.stack.state.get("binding") ?? assert.fail();
    const news = { bucket: "other", domain, __provider: providerText("bucketCname") };
    const moved = await provider.update(id, outputs, (await provider.check(news, news)).inputs);
    assert.deepEqual([unbound, scene.boundTo(domain), moved.status], [[domain], "other", "Enabled"]);
    assert.match(
      (await failureOf(create("cnameToken", { bucket: "site", domain: "b.example.com" }))).message,
      /cancelled/,
    );
  });
});
