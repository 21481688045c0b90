import type { Fleet, FleetDomain } from "../../cli/report/fleet";
import { reportPage } from "../../cli/report/page";

/** A domain of a fleet, with a certificate unless its state is `none`. */
export function domain(name: string, daysLeft: number | null, state: FleetDomain["state"]): FleetDomain {
  const certificate = { certId: state === "none" ? null : "1-cn-hangzhou", validTo: "2026-04-01T00:00:00.000Z" };
  return {
    domain: `${name}.example.com`,
    bucket: "site",
    status: "Enabled",
    ...certificate,
    daysLeft,
    renewal: null,
    state,
  };
}

/** The page of six domains in all states, or of what is given. */
export function pageOf(but: Partial<Fleet> = {}): string {
  return reportPage({
    generatedAt: "2026-03-01T00:00:00.000Z",
    nearDays: 30,
    criticalDays: 7,
    domains: [
      domain("c", -3, "expired"),
      domain("z", 9, "near"),
      domain("b", 20, "near"),
      domain("x", 100, "fine"),
      domain("a", 200, "fine"),
      domain("plain", null, "none"),
    ],
    failures: [],
    ...but,
  });
}
