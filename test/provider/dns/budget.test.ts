import assert from "node:assert/strict";
import { AUTHORITATIVE_ANSWER } from "dns-packet";
import { lookForTxt } from "../../../provider/dns/txt";
import { type DnsServer, startDnsServer } from "../../support/dnsServer";

describe("the budget of a look at DNS", () => {
  const servers: DnsServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it("ends a look that CNAMEs send to ever more names, and does not take it for proof", async () => {
    let names = 0;
    for (let count = 0; count < 6; count++)
      servers.push(
        await startDnsServer(({ name }) => ({
          flags: AUTHORITATIVE_ANSWER,
          answers: [{ type: "CNAME", name, data: `n${++names}.example.com` }],
        })),
      );
    const addresses = servers.map(({ endpoint }) => `${endpoint.address}:${endpoint.port}`);
    const look = await lookForTxt("_dnsauth.www.example.com", "token", { servers: addresses, timeoutMs: 500 });
    assert.equal(look.present, false);
    assert.match(look.detail ?? "", /too many queries/);
    const asked = servers.flatMap((server) => server.asked).length;
    assert.ok(asked <= 300, `${asked} queries`);
  });
});
