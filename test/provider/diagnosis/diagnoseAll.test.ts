import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { startCloud } from "../../../local/cloud";
import { diagnoseAll } from "../../../provider/diagnosis/diagnose";
import { Run } from "../../../provider/run";

const BUCKETS = ["one", "two", "three"];
const DOMAINS_PER_BUCKET = 40;

describe("diagnoseAll", () => {
  it("lists each bucket once, and connects to twenty domains at a time", async () => {
    const cloud = await startCloud({ buckets: BUCKETS });
    // It lets go of nobody until twenty have come, which is all that there should be at any time.
    const waiting: Socket[] = [];
    let most = 0;
    const server = createServer((socket) => {
      socket.on("error", () => {});
      most = Math.max(most, waiting.push(socket));
      if (waiting.length === 20)
        setImmediate(() => {
          for (const each of waiting.splice(0)) each.destroy();
        });
    }).listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const run = new Run({ config: { get: (key) => cloud.config[key] } });
      const buckets = BUCKETS.map((bucket) => {
        const domains = Array.from({ length: DOMAINS_PER_BUCKET }, (_, index) => `d${index}.${bucket}.example.com`);
        for (const domain of domains) cloud.inConsole.moveBinding(domain, bucket);
        return { run, bucket, domains };
      });
      let done = 0;
      const connectTo = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const diagnoses = await diagnoseAll(buckets, { connectTo }, () => done++);
      const lists = cloud.requests().flatMap(({ operation, bucket }) => (operation === "ListCname" ? [bucket] : []));
      assert.deepEqual(lists.sort(), [...BUCKETS].sort());
      assert.equal(most, 20);
      const bound = diagnoses.filter(({ findings }) =>
        findings.some(({ check, state }) => check === "binding" && state === "right"),
      );
      const all = BUCKETS.length * DOMAINS_PER_BUCKET;
      assert.deepEqual([bound.length, new Set(bound.map(({ domain }) => domain)).size, done], [all, all, all]);
    } finally {
      server.close();
      await cloud.close();
    }
  });
});
