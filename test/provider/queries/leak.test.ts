import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { queryCnames } from "../../../provider/queries/query";
import { Run } from "../../../provider/run";
import { FakeClock } from "../../support/fakeClock";

const LIST =
  "<ListCnameResult><Bucket>site</Bucket><Cname><Domain>a.example.com</Domain><Status>Enabled</Status></Cname></ListCnameResult>";

describe("10,000 lists of one run", () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer((_request, response) => response.setHeader("x-oss-request-id", "R1").end(LIST));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("leave neither memory nor descriptors behind", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const config: Readonly<Record<string, string>> = {
      "alicloud:region": "cn-hangzhou",
      "alicloud:accessKey": "ak",
      "alicloud:secretKey": "sk",
      "oss-cname:endpoint": `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    };
    const clock = new FakeClock();
    const run = new Run({ clock, config: { get: (key) => config[key] } });
    let lists = 0;
    const list = async (count: number) => {
      for (let done = 0; done < count; done++) {
        // A list under ten seconds old would be used again.
        await clock.sleep(10_001);
        lists += (await queryCnames(run, { bucket: "site" })).cnames.length;
      }
      collect();
      return { heap: process.memoryUsage().heapUsed, open: descriptors() };
    };
    const before = await list(2_000);
    const after = await list(8_000);
    assert.equal(lists, 10_000);
    const perList = (after.heap - before.heap) / 8_000;
    assert.ok(perList < 400, `each list leaves ${perList} bytes behind`);
    assert.ok(after.open <= before.open + 4, `${before.open} descriptors became ${after.open}`);
  });
});

/** Open files and connections of this process; 0 where the system does not tell. */
function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
