// Starts Pebble, a CA that others have written: what our own stand-in takes must be what a CA takes.
import { systemClock } from "../../../provider/clock";
import { hasPebble, startPebble } from "../../support/pebble";
import { itIssuesCertificates } from "./ca.suite";

const EXTERNAL_ACCOUNT = { kid: "kid-1", hmacKey: Buffer.alloc(32, 7).toString("base64url") };

describe("Pebble", function () {
  this.timeout(60_000);
  if (!hasPebble()) {
    it.skip("is not on PATH: that a CA which is not ours takes what the client asks stays unproven");
    return;
  }

  itIssuesCertificates(async (cloud, behavior) => {
    const profiles = { shortlived: { description: "six days", validityPeriod: 6 * 86_400 } };
    const { kid, hmacKey } = EXTERNAL_ACCOUNT;
    const pebble = await startPebble({
      dns: cloud.dns,
      httpPort: Number(new URL(cloud.oss).port),
      config: {
        ...(behavior.externalAccounts && {
          externalAccountBindingRequired: true,
          externalAccountMACKeys: { [kid]: hmacKey },
        }),
        ...(behavior.hasProfiles && { profiles }),
      },
      env: {
        ...(behavior.rejectsNonces && { PEBBLE_WFE_NONCEREJECT: "50" }),
        ...(behavior.isSlow && { PEBBLE_VA_NOSLEEP: "0", PEBBLE_VA_SLEEPTIME: "2" }),
        ...(behavior.reusesAuthorizations && { PEBBLE_AUTHZREUSE: "100" }),
      },
    });
    // Waits for the CA pass at once; what happens in the CA takes its own time.
    const clock = { ...systemClock, sleep: (ms: number) => systemClock.sleep(Math.min(ms, 20)) };
    return { ...pebble, clock, externalAccount: EXTERNAL_ACCOUNT };
  });
});
