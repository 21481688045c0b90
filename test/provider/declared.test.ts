import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Declared } from "../../provider/declared";
import { SharedLines } from "../../provider/sharedLines";

describe("Declared", () => {
  const record = { name: "www.example.com", type: "CNAME", value: "site.example.net", ttl: 600 };
  let declared: Declared;
  beforeEach(() => {
    declared = new Declared();
    declared.noteRecord(record);
  });

  it("finds a record by name, type and value", () => {
    const { ttl: _, ...key } = record;
    assert.equal(declared.record(key)?.ttl, 600);
  });

  for (const field of ["name", "type", "value"] as const)
    it(`does not find a record with another ${field}`, () =>
      assert.equal(declared.record({ ...record, [field]: "another" }), undefined));

  it("keeps the latest of two equal records", () => {
    declared.noteRecord({ ...record, ttl: 60, zone: "example.com" });
    assert.deepEqual(declared.record(record), { ttl: 60, zone: "example.com" });
  });

  it("keeps bindings and certificates apart", () => {
    declared.bindings.add("www.example.com");
    const has = (domain: string) => [declared.bindings.has(domain), declared.certificates.has(domain)];
    assert.deepEqual(
      [has("www.example.com"), has("example.com")],
      [
        [true, false],
        [false, false],
      ],
    );
  });

  describe("in several processes", () => {
    let directory: string;
    /** What a process of this number knows. */
    const inProcess = (pid: number) => new Declared(new SharedLines("127.0.0.1:4321", directory, pid));
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("finds in one what another has noted, before and after it looked", () => {
      const [one, other] = [inProcess(process.pid), inProcess(process.ppid)];
      assert(!other.bindings.has("www.example.com"));
      for (const noted of ["bindings", "certificates", "adoptedRecords", "ownRecords"] as const) {
        one[noted].add("www.example.com");
        assert(other[noted].has("www.example.com"), noted);
      }
      one.noteRecord({ ...record, zone: "example.com" });
      assert.deepEqual(other.record(record), { ttl: 600, zone: "example.com" });
    });

    it("prefers what it has noted itself", () => {
      const [one, other] = [inProcess(process.pid), inProcess(process.ppid)];
      one.noteRecord(record);
      other.noteRecord({ ...record, ttl: 60 });
      assert(!other.bindings.has("www.example.com"));
      assert.equal(other.record(record)?.ttl, 60);
    });

    it("understands what it can of the lines of another version", () => {
      const other = new SharedLines("127.0.0.1:4321", directory, process.ppid);
      for (const line of ["", "{}", "[", '["binding","a.example.com",1,2]', '["later","b"]']) other.write(line);
      const here = inProcess(process.pid);
      assert.deepEqual([here.bindings.has("a.example.com"), here.bindings.has("b")], [true, false]);
    });

    it("writes no value of a record, and each thing once", () => {
      const one = inProcess(process.pid);
      const token = "0123456789abcdef0123456789abcdef";
      for (let times = 0; times < 2; times++) {
        one.noteRecord({ ...record, type: "TXT", value: token });
        one.bindings.add("www.example.com");
      }
      const lines = new SharedLines("127.0.0.1:4321", directory, process.ppid).read();
      assert.equal(lines.length, 2);
      assert(!lines.join().includes(token));
    });
  });
});
