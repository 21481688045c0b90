import assert from "node:assert/strict";
import { CnameCertificate, type CnameCertificateArgs } from "../../../../provider/resources/cnameCertificate/resource";
import { countCertificateReads } from "../../../support/certificateReads";
import { type Authority, createAuthority } from "../../../support/certificates";
import { byName, runProgram } from "../../../support/programRun";

const DAY_MS = 86_400_000;
const www = { bucket: "site", domain: "www.example.com" };

describe("the resource CnameCertificate", () => {
  let authority: Authority;
  before(async () => {
    authority = await createAuthority();
  });
  const run = (args: Partial<CnameCertificateArgs>, validTo = "") =>
    runProgram(() => new CnameCertificate("www", { ...www, ...args }).validTo, {
      states: { CnameCertificate: { validTo } },
    });
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
  const pair = async (days: number) => {
    const { chain, privateKey } = await authority.issue({ names: ["www.example.com"], validTo: inDays(days) });
    return { certificate: chain, privateKey };
  };

  it("makes a secret of the private key, and of nothing else", async () => {
    const { registrations } = await run(await pair(90));
    const { certificate, privateKey } = byName(registrations)["CnameCertificate www"]?.inputs ?? {};
    assert.equal(typeof certificate, "string");
    assert.match(JSON.stringify(privateKey), /^\{.*"value":/);
  });

  it("warns of a chain that expires soon, by the names in it", async () =>
    assert.match((await run(await pair(5.5))).output, /the certificate for www\.example\.com expires in 5 days/));

  it("says nothing of a chain that is valid for long", async () =>
    assert.equal((await run(await pair(31))).output, ""));

  it("warns as early as expiryWarningDays says", async () =>
    assert.match((await run({ ...(await pair(40.5)), expiryWarningDays: 60 })).output, /expires in 40 days/));

  it("reads a pair once for all its domains", async () => {
    const { chain, privateKey } = await authority.issue({ names: ["*.example.com"], validTo: inDays(90) });
    const certificates = (chain.match(/BEGIN/g) ?? []).length;
    const reads = await countCertificateReads(() =>
      runProgram(() => {
        for (const name of ["a", "b", "c", "d"]) {
          const args = { bucket: "site", domain: `${name}.example.com`, certificate: chain, privateKey };
          new CnameCertificate(name, args);
        }
      }),
    );
    assert.equal(reads, certificates);
  });

  it("warns of a CertId by the date that the service has", async () => {
    const { output } = await run({ certId: "12345-cn-hangzhou" }, inDays(5.5).toISOString());
    assert.match(output, /the certificate 12345-cn-hangzhou of www\.example\.com expires in 5 days/);
  });

  it("says nothing of a CertId whose date is not known", async () =>
    assert.equal((await run({ certId: "99999-cn-hangzhou" })).output, ""));
});
