import assert from "node:assert/strict";
import { InvalidArgumentError } from "commander";
import { bucketName, bucketNames, hostAndPort, wholeNumber } from "../../cli/arguments";

describe("wholeNumber", () => {
  it("reads digits", () => {
    assert.equal(wholeNumber("030"), 30);
  });

  it("refuses anything else", () => {
    for (const text of ["", "x", "-1", "1.5", "1e3"])
      assert.throws(() => wholeNumber(text), InvalidArgumentError, text);
  });
});

describe("hostAndPort", () => {
  it("accepts names, IPv4 and bracketed IPv6 addresses", () => {
    for (const text of ["www.example.com:443", "127.0.0.1:1", "[::1]:8443"]) assert.equal(hostAndPort(text), text);
  });

  it("refuses anything without a port", () => {
    for (const text of ["www.example.com", "::1", "127.0.0.1:", ":443"])
      assert.throws(() => hostAndPort(text), InvalidArgumentError, text);
  });
});

describe("bucketName", () => {
  it("accepts a name as it is, and as ossutil users type it", () => {
    for (const text of ["site", "oss://site", "oss://site/"]) assert.equal(bucketName(text), "site");
  });

  it("refuses a path within a bucket", () => {
    for (const text of ["oss://site/images", "site/images", "oss://", "https://site"])
      assert.throws(() => bucketName(text), InvalidArgumentError, text);
  });
});

describe("bucketNames", () => {
  it("collects names, each once", () => {
    const all = ["site", "oss://shop", "oss://site"].reduce<string[]>((names, text) => bucketNames(text, names), []);
    assert.deepEqual(all, ["site", "shop"]);
  });
});
