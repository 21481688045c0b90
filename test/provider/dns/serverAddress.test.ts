import assert from "node:assert/strict";
import { splitHostPort } from "../../../provider/dns/serverAddress";

describe("splitHostPort", () => {
  const good: [text: string, host: string, port: number][] = [
    ["192.0.2.1", "192.0.2.1", 53],
    ["192.0.2.1:5353", "192.0.2.1", 5353],
    ["2001:db8::1", "2001:db8::1", 53],
    ["[2001:db8::1]", "2001:db8::1", 53],
    ["[2001:db8::1]:5353", "2001:db8::1", 5353],
    ["ns1.example.com", "ns1.example.com", 53],
    [" ns1.example.com:5353 ", "ns1.example.com", 5353],
  ];
  for (const [text, host, port] of good)
    it(`splits ${JSON.stringify(text)}`, () => assert.deepEqual(splitHostPort(text), { host, port }));

  for (const text of ["", "a:b", "a:b:c", "192.0.2.1:65536", "192.0.2.1:", "[::1"])
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => splitHostPort(text), { message: `"${text}" is not host:port` }));
});
