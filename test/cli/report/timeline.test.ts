import assert from "node:assert/strict";
import type { FleetDomain } from "../../../cli/report/fleet";
import { timeline } from "../../../cli/report/timeline";

describe("the timeline", () => {
  const domain = (daysLeft: number | null, state: FleetDomain["state"], name = "www.example.com"): FleetDomain => ({
    domain: name,
    bucket: "site",
    status: "Enabled",
    certId: null,
    validTo: null,
    daysLeft,
    renewal: null,
    state,
  });
  const bars = (...domains: FleetDomain[]) =>
    [...timeline(domains).matchAll(/<rect class="(\w+)" .*?<title>(.*?)<\/title>/g)].map((match) => match.slice(1));

  it("has a bar for each week in which a certificate expires", () => {
    assert.deepEqual(bars(domain(-3, "expired"), domain(0, "critical"), domain(9, "near"), domain(9999, "fine")), [
      ["expired", "1 expired: www.example.com"],
      ["critical", "1 in week 1: www.example.com"],
      ["near", "1 in week 2: www.example.com"],
      ["fine", "1 later: www.example.com"],
    ]);
  });

  it("shows the worst state in the colour of a bar", () => {
    assert.equal(bars(domain(5, "near"), domain(1, "critical"))[0]?.[0], "critical");
  });

  it("leaves out domains whose days are unknown", () => {
    assert.deepEqual(bars(domain(null, "none"), domain(null, "unknown")), []);
  });

  it("names at most ten domains of a bar", () => {
    const [[, title = ""] = []] = bars(...Array.from({ length: 12 }, () => domain(100, "fine")));
    assert.match(title, /^12 in week 15: (www\.example\.com, ){10}…$/);
  });

  it("shows names as text", () => {
    assert.match(timeline([domain(1, "critical", "<b>")]), /&#60;b&#62;/);
  });
});
