import assert from "node:assert/strict";
import { table } from "../../provider/table";

describe("table", () => {
  it("aligns columns, two spaces apart, and ends lines without spaces", () => {
    const rows = [
      ["DOMAIN", "STATUS"],
      ["a.example.com", "Enabled"],
    ];
    assert.equal(table(rows), "DOMAIN         STATUS\na.example.com  Enabled\n");
  });

  it("shows an empty cell as -", () => {
    assert.equal(
      table([
        ["A", "B", "C"],
        ["", "1", ""],
      ]),
      "A  B  C\n-  1  -\n",
    );
  });

  it("does not count colours", () => {
    assert.equal(
      table([
        ["\u001b[31m5\u001b[39m", "x"],
        ["55", "y"],
      ]),
      "\u001b[31m5\u001b[39m   x\n55  y\n",
    );
  });
});
