import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Canaries } from "../support/canaries";
import { runHere } from "../support/command";

const SECRET = "9aVery0Secret8Key7OfTheTests";
const TOKEN = "CAISzQV1q6Ft5B2yfSjIr5bTA0VeryLongSecurityTokenOfTheTests";

/** Services that repeat what they were sent, in every way. */
const ECHOES = {
  plain: ({ headers }) => `${headers["x-oss-security-token"]} ${SECRET}`,
  "URL-encoded": () => encodeURIComponent(`${TOKEN}&${SECRET}`),
  base64: () => Buffer.from(`key=${SECRET} token=${TOKEN}`).toString("base64"),
  hex: () => Buffer.from(SECRET + TOKEN).toString("hex"),
  "as an error code": () => `<Error><Code>${SECRET}</Code><RequestId>${TOKEN}</RequestId><EC>${SECRET}</EC></Error>`,
} satisfies Record<string, (request: IncomingMessage) => string>;

const CANARIES = new Canaries({ "the secret key": SECRET, "the security token": TOKEN });

describe("the command's secrets", () => {
  let server: Server;
  let echo: (request: IncomingMessage) => string;
  let status: number;
  let headers: OutgoingHttpHeaders;
  beforeEach(() => {
    status = 403;
    headers = {};
  });
  before(async () => {
    server = createServer((request, response) => response.writeHead(status, headers).end(echo(request)));
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
    ["report", "--bucket", "site", "-o", "/dev/null"],
    ["adopt", "site"],
    ["doctor", "www.example.com", "--bucket", "site", "--dns-server", "127.0.0.1:1"],
    ["doctor", "www.example.com", "--bucket", "site", "--dns-server", "127.0.0.1:1", "--json"],
  ];
  const port = () => (server.address() as AddressInfo).port;
  const runAll = async (endpoint: string, more: readonly string[] = []) => {
    for (const command of commands) {
      const connection = ["-e", endpoint, "--region", "cn-hangzhou", "-i", "ak", ...more];
      const flags = more.length > 0 ? [] : ["-k", SECRET, "-t", TOKEN];
      const options = { input: `${SECRET}\n${TOKEN}\n` };
      const { status, stdout, stderr } = await runHere([...command, ...connection, ...flags], options);
      assert.notEqual(status, 0, `${command.join(" ")}: ${stdout}`);
      CANARIES.assertAbsent({ [`the output of ${command.join(" ")}`]: `${stdout}${stderr}` });
    }
  };

  for (const [form, text] of Object.entries(ECHOES))
    it(`are in no output when the service repeats them ${form}`, async () => {
      echo = text;
      await runAll(`http://127.0.0.1:${port()}`);
    });

  it("are in no output when the service repeats them in headers", async () => {
    const location = `https://evil.example/${SECRET}?${TOKEN}`;
    echo = () => "";
    for (status of [302, 400, 403]) {
      const error = Buffer.from(ECHOES["as an error code"]()).toString("base64");
      headers = { location, "x-oss-request-id": TOKEN, "x-oss-ec": SECRET, "x-oss-err": error };
      await runAll(`http://127.0.0.1:${port()}`);
    }
  });

  it("are in no output when the service repeats them in place of an answer", async () => {
    status = 200;
    headers = { "x-oss-request-id": TOKEN };
    for (const text of [
      `<ListCnameResult><Bucket>site</Bucket><Cname><Domain>${TOKEN}</Domain></Cname></ListCnameResult>`,
      `<CnameToken><Bucket>site</Bucket><Token>${SECRET}</Token></CnameToken>`,
      `<ListCnameResult><Bucket>${SECRET}</Bucket></ListCnameResult>`,
      `<${SECRET}>`,
      `<ListCnameResult ${TOKEN}>`,
      SECRET,
    ]) {
      echo = () => text;
      await runAll(`http://127.0.0.1:${port()}`);
    }
  });

  it("are in no output when they are read from standard input, or nobody answers", async () => {
    echo = ECHOES.plain;
    await runAll(`http://127.0.0.1:${port()}`, ["-k", "-", "-t", "-"]);
    for (const endpoint of ["http://127.0.0.1:1", `https://127.0.0.1:${port()}`, "http://192.0.2.1", "a b"])
      await runAll(endpoint);
  });

  it("are in no output when they are given where something else belongs", async () => {
    for (const args of [
      ["list", "site", "-i", SECRET, "-k", TOKEN, "-e", "http://127.0.0.1:1", "--region", SECRET],
      ["list", "site", "-i", "ak", "-t", TOKEN],
      ["list", "site", "-k", SECRET],
      ["list", "site", "--secret-key", SECRET],
      ["list", "site", "-x", SECRET],
    ]) {
      const { stdout, stderr } = await runHere(args);
      new Canaries({ "the security token": TOKEN }).assertAbsent({ [args.join(" ")]: `${stdout}${stderr}` });
    }
  });
});
