import assert from "node:assert/strict";
import { parse, Scalar } from "yaml";
import { configText, goJson, scalar, typedValue, YAML_OPTIONS } from "../../../engine/stack/configValue";

/** Values in YAML, and the string that the CLI gives the program for them. */
const TEXTS: Readonly<Record<string, string>> = {
  "12": "12",
  "0x10": "16",
  "1.0": "1",
  "1e21": "1e+21",
  "12345678901234567890": "12345678901234567890",
  "123456789012345678901234567890": "1.2345678901234568e+29",
  true: "true",
  yes: "yes",
  null: "",
  '""': "",
  "2024-01-2": "2024-01-02 00:00:00 +0000 UTC",
  '"2024-01-02"': "2024-01-02",
  "|-\n  two\n  lines": "two\nlines",
  "{z: 1, a: [9007199254740993, 1.50, null, '<&>'], 5: five}":
    '{"5":"five","a":[9007199254740993,1.5,null,"\\u003c\\u0026\\u003e"],"z":1}',
};

/** Arguments of `config set --path`, and the values that are stored for them. */
const TYPED: Readonly<Record<string, string | boolean | bigint>> = {
  true: true,
  false: false,
  True: "True",
  "0": 0n,
  "12": 12n,
  "-3": -3n,
  "+4": 4n,
  "007": "007",
  "1.5": "1.5",
  "9223372036854775807": 9223372036854775807n,
  "9223372036854775808": "9223372036854775808",
  "": "",
};

/** Strings that need double quotes, for YAML 1.1 or 1.2 would take them for something else. */
const AMBIGUOUS = ["", "2", "yes", "true", "null", "~", "1e3", "0x10", "12:30:45", "2024-01-02", "a\tb"];

describe("a configuration value", () => {
  for (const [yaml, text] of Object.entries(TEXTS)) {
    it(`written ${JSON.stringify(yaml)} is ${JSON.stringify(text)} for the program`, () => {
      assert.equal(configText(parse(yaml, YAML_OPTIONS)), text);
    });
  }

  it("that Go would read as a time is refused", () => {
    assert.throws(
      () => parse("2024-01-02T10:00:00Z", YAML_OPTIONS),
      /read as a time by the Pulumi CLI: put it in quotes/,
    );
  });

  it("is nothing when it is missing", () => {
    assert.equal(configText(undefined), "");
  });
});

describe("goJson", () => {
  it("sorts keys at every depth", () => {
    assert.equal(goJson({ b: { d: 1, c: 2 }, a: 3 }), '{"a":3,"b":{"c":2,"d":1}}');
  });
});

describe("typedValue", () => {
  for (const [argument, value] of Object.entries(TYPED)) {
    it(`makes ${typeof value} ${value} of ${JSON.stringify(argument)}`, () => {
      assert.equal(typedValue(argument), value);
    });
  }
});

describe("scalar", () => {
  for (const text of AMBIGUOUS) {
    it(`quotes ${JSON.stringify(text)}`, () => {
      assert.equal(scalar(text, undefined).type, "QUOTE_DOUBLE");
    });
  }

  it("does not quote other strings", () => {
    assert.equal(scalar("hangzhou", undefined).type, undefined);
  });

  it("does not quote numbers and booleans", () => {
    assert.deepEqual([scalar(12n, undefined).type, scalar(true, undefined).type], [undefined, undefined]);
  });

  it("keeps the quotes and the comment of the value before", () => {
    const old = new Scalar("7");
    old.type = "QUOTE_SINGLE";
    old.comment = " kept";
    const { type, comment } = scalar("8", old);
    assert.deepEqual({ type, comment }, { type: "QUOTE_SINGLE", comment: " kept" });
  });
});
