import * as assert from "node:assert/strict";
import { type Answer, type HttpServer, startHttp } from "../../local/http";

describe("HTTP server", () => {
  let server: HttpServer;
  const start = async (answer: Answer) => {
    server = await startHttp(0, answer);
  };
  afterEach(() => server.close());

  it("hands on method, path, query and body as sent", async () => {
    await start(async ({ method, path, query, body }) => ({ status: 200, body: `${method} ${path} ${query} ${body}` }));
    const reply = await fetch(`${server.url}/a%20b?c=d?e`, { method: "POST", body: "text" });
    assert.equal(await reply.text(), "POST /a%20b c=d?e text");
  });

  it("refuses a body over a megabyte", async () => {
    await start(async () => ({ status: 200 }));
    const reply = await fetch(server.url, { method: "POST", body: "x".repeat(1024 * 1024 + 1) });
    assert.equal(reply.status, 413);
  });

  it("cuts the connection where told to", async () => {
    await start(async () => "reset");
    await assert.rejects(fetch(server.url), TypeError);
  });
});
