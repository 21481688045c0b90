import assert from "node:assert/strict";
import { CNAME, RecordScene, TXT } from "../../../support/recordScene";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const THEIRS = { ...CNAME, value: "cdn.example.net" };

/** A preview calls `check` and nothing else for a record that is not in the state. */
describe("what is in the way of a record, before it is made,", () => {
  let on: RecordScene;
  beforeEach(async () => {
    on = await RecordScene.start();
  });
  afterEach(() => on.close());
  const reasons = async (news: object, olds = {}, operation = on.operation()) =>
    ((await operation.lifecycle.check(olds, { ...news })).failures ?? []).map(({ reason }) => reason);

  it("is a CNAME record that leads elsewhere, which the user may allow to replace", async () => {
    const { id } = on.cloud.addRecord(THEIRS);
    assert.deepEqual(await reasons(CNAME), [
      `CNAME www.example.com "${CNAME.value}" cannot be made: that name already has CNAME "cdn.example.net" (record ${id}) in ` +
        "Alibaba Cloud DNS. Next: set allowOverwrite: true (an option of alidns() too) to have it replaced, or delete it.",
    ]);
    const preview = on.operation();
    assert.deepEqual(await reasons({ ...CNAME, allowOverwrite: true }, {}, preview), []);
    assert.deepEqual(preview.printed, [
      `oss-cname: CNAME www.example.com = cdn.example.net is to be replaced by ${CNAME.value}`,
    ]);
    assert.deepEqual(on.writes(), []);
  });

  it("is a record of another type, whatever the user allows", async () => {
    on.cloud.addRecord({ name: CNAME.name, type: "A", value: "192.0.2.1" });
    for (const value of [CNAME.value, UNKNOWN]) {
      const [reason] = await reasons({ ...CNAME, value, allowOverwrite: true });
      assert.match(reason ?? "", /already has A "192\.0\.2\.1".*Next: delete what is there\./);
      assert.doesNotMatch(reason ?? "", /04da6b54/);
    }
    await assert.rejects(
      on.operation().lifecycle.create({ ...CNAME, ttl: 600, allowOverwrite: true }),
      /already has A/,
    );
    assert.deepEqual(on.writes(), []);
  });

  it("is a CNAME record where a TXT record is to be", async () => {
    on.cloud.addRecord({ ...THEIRS, name: TXT.name });
    for (const value of [TXT.value, UNKNOWN])
      assert.match((await reasons({ ...TXT, value, allowOverwrite: true })).join(), /already has CNAME/);
  });

  it("is not a record with the same value, a record of another name or what may turn out to be the same", async () => {
    on.cloud.addRecord(THEIRS);
    assert.deepEqual(await reasons(THEIRS), []);
    assert.deepEqual(await reasons({ ...CNAME, name: "ww.example.com" }), []);
    assert.deepEqual(await reasons({ ...CNAME, value: UNKNOWN }), []);
  });

  it("is not known where there is no zone yet, or its name is not known", async () => {
    for (const news of [
      { name: "www.example.org" },
      { name: "www.example.org", zone: "example.org" },
      { zone: UNKNOWN },
    ])
      assert.deepEqual(await reasons({ ...CNAME, ...news }), []);
  });

  it("is looked up once for a zone, and not at all for a record in the state", async () => {
    on.cloud.addRecord({ ...THEIRS, name: "cdn.example.com" });
    const preview = on.operation();
    for (const name of ["a.example.com", "b.example.com", "c.example.com"])
      await reasons({ ...CNAME, name }, {}, preview);
    assert.deepEqual(on.sent(), ["DescribeDomains", "DescribeDomainRecords"]);
    on.cloud.addRecord(THEIRS);
    assert.deepEqual(await reasons(CNAME, { ...CNAME, ttl: 600 }), []);
    assert.equal(on.sent().length, 2);
  });

  it("is what is there now, not what was there when the zone was read", async () => {
    on.cloud.addRecord(THEIRS);
    const up = on.operation();
    await reasons(CNAME, {}, up);
    on.cloud.removeRecords(THEIRS);
    assert.deepEqual(await reasons(CNAME, {}, up), []);
  });
});

describe("a CNAME record that the user allows to replace", () => {
  let on: RecordScene;
  beforeEach(async () => {
    on = await RecordScene.start();
  });
  afterEach(() => on.close());
  const news = { ...CNAME, allowOverwrite: true };

  it("is changed in place, and deleted with its resource from then on", async () => {
    const { id } = on.cloud.addRecord(THEIRS);
    const made = await on.operation().add(news);
    assert.deepEqual([made.id, made.outs.adopted, on.writes()], [id, false, ["UpdateDomainRecord"]]);
    assert.deepEqual(on.records(), [`${CNAME.name} 600 CNAME ${CNAME.value}`]);
    assert.equal((await on.operation().change(made, news)).changes, false);
    await on.operation().remove(made);
    assert.deepEqual(on.records(), []);
  });

  it("stays its owner's when it has the wanted value already", async () => {
    on.cloud.addRecord(CNAME);
    await on.operation().remove(await on.operation().add(news));
    assert.deepEqual([on.records().length, on.writes()], [1, []]);
  });
});
