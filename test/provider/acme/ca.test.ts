import { HttpClient } from "../../../provider/http";
import { FakeClock } from "../../support/fakeClock";
import { itIssuesCertificates } from "./ca.suite";

describe("the stand-in CA", () => {
  itIssuesCertificates(async (cloud, behavior) => {
    cloud.set({
      acmeRejectsNonces: behavior.rejectsNonces ? 2 : 0,
      acmePolls: behavior.isSlow ? 3 : 0,
      acmeReusesAuthorizations: behavior.reusesAuthorizations ?? false,
      acmeExternalAccounts: behavior.externalAccounts ?? false,
    });
    return {
      directory: cloud.acme.directory,
      externalAccount: cloud.acme.externalAccount,
      http: new HttpClient(),
      clock: new FakeClock(),
      setRenewalInfo: async (_certificate, { start, end }) =>
        cloud.setRenewalWindow({ start: start.toISOString(), end: end.toISOString() }),
      close: async () => {},
    };
  });
});
