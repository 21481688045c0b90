import { XMLBuilder } from "fast-xml-parser";
import type { HttpReply } from "../http";
import type { Refusal } from "../refusal";

const BUILDER = new XMLBuilder();

export function xmlReply(document: object): HttpReply {
  return { status: 200, body: BUILDER.build(document) };
}

export function errorReply({ status, code, message, extras }: Refusal, requestId: string, host: string): HttpReply {
  const { EC } = extras;
  const recommended = EC && { RecommendDoc: `https://api.aliyun.com/troubleshoot?q=${EC}` };
  const error = { Code: code, Message: message, RequestId: requestId, HostId: host, ...extras, ...recommended };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${BUILDER.build({ Error: error })}`;
  return { status, body, headers: EC ? { "x-oss-ec": EC } : {} };
}
