import assert from "node:assert/strict";
import { declareDomain, guardRemovals, protectDomain } from "../../../../provider/resources/removalGuard/resource";
import { byName, runProgram } from "../../../support/programRun";

describe("the guard of a program", () => {
  const run = async (program: () => unknown) => {
    const { registrations, error } = await runProgram(program);
    const guard = byName(registrations)["RemovalGuard custom-domains"];
    return { error, guard, domains: guard?.inputs.domains };
  };

  it("gets all domains, also those that are declared late, in an order of its own", async () => {
    const { domains } = await run(async () => {
      declareDomain("www.example.com");
      await new Promise((resolve) => setImmediate(resolve));
      for (const domain of ["shop.example.com", "www.example.com"]) declareDomain(domain);
    });
    assert.deepEqual(domains, ["shop.example.com", "www.example.com"]);
  });

  it("knows protected domains, with which it is protected", async () => {
    const { guard } = await run(() => {
      declareDomain("b.example.com");
      protectDomain("b.example.com");
      declareDomain("a.example.com");
    });
    const { __provider, ...inputs } = guard?.inputs ?? {};
    assert.deepEqual(inputs, {
      domains: ["a.example.com", "b.example.com"],
      protected: ["b.example.com"],
    });
    assert.equal(guard?.protect, true);
    const plain = await run(() => declareDomain("a.example.com"));
    assert.deepEqual([plain.guard?.protect, plain.guard?.inputs.protected], [false, undefined]);
  });

  it("is there without a domain", async () => assert.deepEqual((await run(() => void guardRemovals())).domains, []));

  it("is not made by a program that fails", async () => {
    const { domains, error } = await run(() => {
      declareDomain("www.example.com");
      throw new Error("the end");
    });
    assert.equal(error?.message, "the end");
    assert.equal(domains, undefined);
  });

  it("is made once for each program of a process, and for none outside of a stack", async () => {
    assert.deepEqual((await run(() => declareDomain("a.example.com"))).domains, ["a.example.com"]);
    assert.deepEqual((await run(() => declareDomain("b.example.com"))).domains, ["b.example.com"]);
    declareDomain("c.example.com");
  });
});
