import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../../local";

interface Capture {
  readonly file: string;
  readonly client: string;
  readonly signature: string;
  readonly operation: string;
  readonly date: string;
  readonly status: number;
  readonly code: string | null;
}

const folder = join(__dirname, "../../../../test/fixtures/captures");
const captures: readonly Capture[] = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));

describe("requests of real clients", () => {
  for (const client of ["ossutil v1", "ossutil v4", "alicloud v4"]) {
    it(`get the answers of the service: ${client}`, async () => {
      const story = captures.filter((each) => `${each.client} ${each.signature}` === client);
      let time = new Date(0);
      const cloud = await startCloud({ buckets: ["site1", "site2"], now: () => time });
      try {
        const answers: unknown[] = [];
        for (const { file, date } of story) {
          time = new Date(date);
          const before = cloud.requests().at(-1);
          // Ownership is proved where the recorded story proved it: before the second PutCname, or before the only one.
          if (before?.code === "NeedVerifyDomainOwnership" || file.startsWith("33-")) proveOwnership(cloud);
          const reply = await send(cloud, readFileSync(join(folder, file)));
          const code = /<Code>(.*?)<\/Code>/.exec(reply)?.[1] ?? null;
          answers.push({ file, status: Number(reply.split(" ")[1]), code });
        }
        assert.deepEqual(
          answers,
          story.map(({ file, status, code }) => ({ file, status, code })),
        );
        assert.deepEqual(
          cloud.requests().map(({ operation, signatureVersion }) => [operation, signatureVersion]),
          story.map(({ operation, signature }) => [operation, signature]),
        );
      } finally {
        await cloud.close();
      }
    });
  }

  it("fill three stories", () => assert.equal(captures.length, 44));
});

function proveOwnership(cloud: Cloud): void {
  const [token] = cloud.state().tokens;
  assert.ok(token);
  cloud.addRecord({ name: `_dnsauth.${token.domain}`, type: "TXT", value: token.token });
}

/** Sends the bytes as they are and returns the whole reply. */
function send(cloud: Cloud, request: Buffer): Promise<string> {
  const { hostname, port } = new URL(cloud.oss);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let reply = "";
    socket.setEncoding("utf8").on("data", (text) => {
      reply += text;
      const [head = "", body] = reply.split("\r\n\r\n");
      const length = /^content-length: (\d+)$/im.exec(head)?.[1];
      if (body !== undefined && Buffer.byteLength(body) >= Number(length)) socket.end();
    });
    socket.on("error", reject).on("close", () => resolve(reply));
    socket.write(request);
  });
}
