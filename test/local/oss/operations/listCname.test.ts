import * as assert from "node:assert/strict";
import { type Cloud, type CloudOptions, startCloud } from "../../../../local";
import { bind, elementOf, list, put, remove } from "../../../support/call";
import { recordedPair } from "../../../support/recordedPair";

const { pem } = recordedPair();

describe("ListCname", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ buckets: ["site1", "site2"], ...options });
  };
  afterEach(() => cloud.close());

  it("answers with an empty document", async () => {
    await start();
    const empty = "<ListCnameResult><Bucket>site1</Bucket><Owner>1234567890123456</Owner></ListCnameResult>";
    assert.equal((await list(cloud, "site1")).body, empty);
  });

  it("shows binding and certificate", async () => {
    await start();
    await bind(cloud, "site1", "www.example.com");
    await put(cloud, "site1", "www.example.com", pem);
    const { body } = await list(cloud, "site1");
    assert.match(
      body,
      /<Cname><Domain>www.example.com<\/Domain><LastModified>[-\d]{10}T[:\d]{8}\.\d{3}Z<\/LastModified><Status>Enabled<\/Status><IsPurgeCdnCache>false<\/IsPurgeCdnCache><Certificate>/,
    );
    assert.match(
      body,
      /<Type>CAS<\/Type><CertId>10000001-cn-hangzhou<\/CertId><Status>Enabled<\/Status><CreationDate>[^<]+GMT<\/CreationDate><Fingerprint>([0-9A-F]{2}:){19}[0-9A-F]{2}<\/Fingerprint><ValidStartDate>Nov 22 09:26:26 2026 GMT<\/ValidStartDate><ValidEndDate>Feb 20 09:26:26 2027 GMT<\/ValidEndDate>/,
    );
  });

  it("shows the type of an uploaded certificate as the switch says", async () => {
    await start({ switches: { uploadType: "Upload", bindsUnverified: true } });
    await put(cloud, "site1", "www.example.com", pem);
    assert.equal(elementOf(await list(cloud, "site1"), "Type"), "Upload");
  });

  it("masks the fingerprint where the switch says so", async () => {
    await start({ switches: { fingerprint: "masked", bindsUnverified: true } });
    await put(cloud, "site1", "www.example.com", "<CertId>1-cn-hangzhou</CertId>");
    assert.match(
      (await list(cloud, "site1")).body,
      /<Fingerprint>([0-9A-F]{2}:){3}[0-9A-F]{2}(:\*\*){12}(:[0-9A-F]{2}){4}</,
    );
  });

  it("shows old bindings for as many lists as the switch says", async () => {
    await start({ switches: { listLagLists: 2, bindsUnverified: true } });
    const shown = async () => /<Domain>/.test((await list(cloud, "site1")).body);
    await put(cloud, "site1", "www.example.com");
    assert.deepEqual([await shown(), await shown(), await shown()], [false, false, true]);
    await remove(cloud, "site1", "www.example.com");
    assert.deepEqual([await shown(), await shown(), await shown()], [true, true, false]);
  });
});
