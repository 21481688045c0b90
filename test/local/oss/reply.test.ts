import * as assert from "node:assert/strict";
import { errorReply, xmlReply } from "../../../local/oss/reply";
import { Refusal } from "../../../local/refusal";

describe("OSS replies", () => {
  it("escape what they contain", () => {
    assert.equal(xmlReply({ Message: "a < b & c" }).body, "<Message>a &lt; b &amp; c</Message>");
  });

  it("tell an error with its extras, and lead to help for its EC", () => {
    const refusal = new Refusal(403, "CnameDenied", "No.", { EC: "0018-1", Cname: "www.example.com" });
    const { status, headers, body } = errorReply(refusal, "ID", "localhost");
    assert.deepEqual([status, headers], [403, { "x-oss-ec": "0018-1" }]);
    assert.match(
      String(body),
      /<Error><Code>CnameDenied<\/Code><Message>No.<\/Message><RequestId>ID<\/RequestId><HostId>localhost<\/HostId><EC>0018-1<\/EC><Cname>www.example.com<\/Cname><RecommendDoc>[^<]*q=0018-1<\/RecommendDoc>/,
    );
  });
});
