import type { CertificateConfiguration } from "../../../provider/oss/xml";
import type { HttpReply } from "../../http";
import { Refusal } from "../../refusal";
import type { Bucket, Token } from "../../state";
import type { World } from "../../world";
import { xmlReply } from "../reply";

/** Tells whether DNS has this text at this name right now. */
export type TxtLookup = (name: string, value: string) => Promise<boolean>;

/** A verified request for one bucket. */
interface OssCall {
  readonly world: World;
  readonly bucket: Bucket;
  readonly domain: string;
  readonly certificate: CertificateConfiguration;
  readonly hasTxtRecord: TxtLookup;
}

export type OssOperation = (call: OssCall) => HttpReply | Promise<HttpReply>;

export function tokenReply({ bucket, domain, token, expireTime }: Token): HttpReply {
  const ExpireTime = new Date(expireTime).toUTCString();
  return xmlReply({ CnameToken: { Bucket: bucket, Cname: domain, Token: token, ExpireTime } });
}

const RESERVED = /(^|\.)(aliyuncs|aliyun|aliyun-inc|taobaocdn|taobao)\.com$/;

/** Refuses the domains that OSS does not bind. */
export function checkDomain(domain: string): void {
  const invalid = (message: string, ec: string) =>
    new Refusal(400, "InvalidArgument", message, { EC: ec, Cname: domain });
  if (domain.length <= 3) throw invalid("The cname must have more than 3 ASCII characters.", "0017-00000249");
  const labels = domain.split(".");
  const isName = labels.length > 1 && labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label));
  if (!isName || domain.length > 253 || RESERVED.test(domain)) throw invalid("The cname is invalid.", "0018-00000401");
}
