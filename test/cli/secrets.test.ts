import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runHere } from "../support/command";

const SECRET = "9aVery0Secret8Key7OfTheTests";
const TOKEN = "CAISzQV1q6Ft5B2yfSjIr5bTA0VeryLongSecurityTokenOfTheTests";

/** Services that repeat what they were sent, in every way. */
const ECHOES: Readonly<Record<string, (request: IncomingMessage) => string>> = {
  plain: ({ headers }) => `${headers["x-oss-security-token"]} ${SECRET}`,
  "URL-encoded": () => encodeURIComponent(`${TOKEN}&${SECRET}`),
  base64: () => Buffer.from(`key=${SECRET} token=${TOKEN}`).toString("base64"),
  hex: () => Buffer.from(SECRET + TOKEN).toString("hex"),
  "as an error code": () => `<Error><Code>${SECRET}</Code><RequestId>${TOKEN}</RequestId><EC>${SECRET}</EC></Error>`,
};

/** A text and its encodings, without what line breaks add. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("hex"), bytes.toString("base64").slice(0, -4)];
}

describe("the command's secrets", () => {
  let server: Server;
  let echo: (request: IncomingMessage) => string;
  before(async () => {
    server = createServer((request, response) => response.writeHead(403).end(echo(request)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const commands = [
    ["list", "site"],
    ["list", "site", "--json"],
    ["token", "site", "www.example.com"],
    ["report", "--bucket", "site", "--json"],
    ["adopt", "site"],
  ];
  for (const [form, text] of Object.entries(ECHOES))
    it(`are in no output when the service repeats them ${form}`, async () => {
      echo = text;
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const connection = ["-e", endpoint, "--region", "cn-hangzhou", "-i", "ak", "-k", SECRET, "-t", TOKEN];
      for (const command of commands) {
        const { status, stdout, stderr } = await runHere([...command, ...connection]);
        assert.notEqual(status, 0);
        for (const secret of [SECRET, TOKEN].flatMap(formsOf))
          assert.ok(!`${stdout}${stderr}`.includes(secret), `${command[0]} shows a secret: ${stdout}${stderr}`);
      }
    });
});
