import assert from "node:assert/strict";
import { Declared } from "../../provider/declared";

describe("Declared", () => {
  const record = { name: "www.example.com", type: "CNAME", value: "site.example.net", ttl: 600 };
  let declared: Declared;
  beforeEach(() => {
    declared = new Declared();
    declared.noteRecord(record);
  });

  it("finds a record by name, type and value", () => {
    const { ttl: _, ...key } = record;
    assert.deepEqual(declared.record(key), record);
  });

  for (const field of ["name", "type", "value"] as const)
    it(`does not find a record with another ${field}`, () =>
      assert.equal(declared.record({ ...record, [field]: "another" }), undefined));

  it("keeps the latest of two equal records", () => {
    declared.noteRecord({ ...record, ttl: 60, zone: "example.com" });
    assert.deepEqual(declared.record(record), { ...record, ttl: 60, zone: "example.com" });
  });

  it("keeps bindings and certificates apart", () => {
    declared.bindings.add("www.example.com");
    assert.deepEqual([declared.bindings.size, declared.certificates.size], [1, 0]);
  });
});
