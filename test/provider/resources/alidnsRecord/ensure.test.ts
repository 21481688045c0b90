import assert from "node:assert/strict";
import type { AlidnsClient } from "../../../../provider/alidns/client";
import { ensureRecord } from "../../../../provider/resources/alidnsRecord/ensure";

describe("ensureRecord", () => {
  it("refuses an identical record that is paused", async () => {
    const txt = { name: "_dnsauth.www.example.com", type: "TXT" as const, value: "x", ttl: 600 };
    const paused = { ...txt, recordId: "1", rr: "_dnsauth.www", line: "default", enabled: false };
    // The emulator has no paused records.
    const alidns = { findZone: async () => "example.com", findRecords: async () => [paused] };
    await assert.rejects(ensureRecord(alidns as unknown as AlidnsClient, txt), /paused\. Next: enable record 1/);
  });
});
