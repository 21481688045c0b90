import * as pulumi from "@pulumi/pulumi";
import { bucketAt } from "../../bucket";
import { clock } from "../../clock";
import { configure } from "../../config/connection";
import { foldName } from "../../dns/query";
import { isOssError } from "../../oss/error";
import type { CnameToken as OssCnameToken } from "../../oss/xml";
import { parseDate } from "../../oss/xml";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding, txtRecordName } from "../binding";
import { OssDynamicResource } from "../dynamicResource";
import { plain } from "../lifecycle";

/** What a user writes. */
export interface CnameTokenArgs {
  /** Bucket that the domain is to be bound to. Changing it asks that bucket for a token, in place. */
  readonly bucket: pulumi.Input<string>;
  /** Domain to prove, such as `www.example.com`. Changing it replaces the resource. */
  readonly domain: pulumi.Input<string>;
  /** Region of the bucket, such as `cn-hangzhou`. Default: the provider's. Changed in place. */
  readonly region?: pulumi.Input<string>;
  /** OSS endpoint. Default: the public one of the region. Changed in place. */
  readonly endpoint?: pulumi.Input<string>;
}

/** A DNS record to create: `name` is a full name without trailing dot, `ttl` is in seconds. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "TXT" | "CNAME";
  readonly value: string;
  readonly ttl: number;
}

interface Outputs extends BindingInputs {
  readonly token: string;
  readonly expireTime: string;
  readonly txtRecord: DnsRecord;
  readonly bound: boolean;
}

/** A token with less life left than this is renewed while the domain is not bound. It lives for 72 hours. */
const RENEWAL_MS = 60 * 60 * 1000;
const TXT_TTL_SECONDS = 600;
/** What the TXT record of a domain holds that was bound before we met it: no DNS host takes an empty value. */
const NO_TOKEN_NEEDED = "already-bound";

/** @internal */
export const cnameTokenProvider: pulumi.dynamic.ResourceProvider<BindingInputs, Outputs> = {
  configure,

  check: (_olds, news) => Promise.resolve(checkBinding(news)),

  async diff(_id, olds, news) {
    const { changes, replaces } = diffBinding(olds, news);
    return { changes: changes || (await mustRenew(olds)), replaces };
  },

  async create(inputs) {
    return { id: `${inputs.bucket}/${inputs.domain}`, outs: await ensure(inputs) };
  },

  async read(id, props) {
    const recorded = props?.txtRecord === undefined ? undefined : props;
    const binding = bindingOf(recorded ?? { ...props, ...parseId(id) });
    try {
      return { id, props: outputs(binding, await observe(binding), recorded) };
    } catch (error) {
      if (isOssError(error, "NoSuchBucket") && recorded !== undefined) return { id: "" };
      if (!isOssError(error, "CnameTokenNotFound")) throw error;
      if (recorded !== undefined) return { id, props: outputs(binding, { bound: false }, recorded) };
      throw new Error(
        `No CnameToken ${id}: bucket ${binding.bucket} has no valid token for ${binding.domain} and does not list it as bound`,
      );
    }
  },

  async update(_id, olds, news) {
    return { outs: await ensure(news, olds.bucket === news.bucket ? olds : undefined) };
  },

  // No operation deletes a token: it ends by itself.
  delete: () => Promise.resolve(),
};

/**
 * The proof that a domain is yours: a token from OSS and the TXT record that must hold it before the domain can be bound. Makes the
 * token and never waits for DNS.
 *
 * The value stays the same while the token is valid, and for ever once the domain is bound. A domain that is bound to the bucket
 * already needs no proof and gets no token.
 */
export class CnameToken extends OssDynamicResource {
  declare readonly bucket: pulumi.Output<string>;
  declare readonly domain: pulumi.Output<string>;
  /** 32 lower-case hex digits; empty when the domain was already bound. */
  declare readonly token: pulumi.Output<string>;
  /** When the token ends (ISO 8601); empty when there is none. */
  declare readonly expireTime: pulumi.Output<string>;
  /** The record that proves ownership. */
  declare readonly txtRecord: pulumi.Output<DnsRecord>;
  /** True when the domain was seen bound to the bucket. */
  declare readonly bound: pulumi.Output<boolean>;

  constructor(name: string, args: CnameTokenArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "cnameToken",
      "CnameToken",
      name,
      { token: undefined, expireTime: undefined, txtRecord: undefined, bound: undefined, ...args },
      opts,
    );
  }

  /** Reads an existing token without writing. `id` is `bucket/domain`. Fails when there is none and the domain is not bound. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: CnameTokenArgs,
    opts?: pulumi.CustomResourceOptions,
  ): CnameToken {
    return new CnameToken(name, args, pulumi.mergeOptions(opts, { id }));
  }
}

/** Bound: nothing to prove. Not bound: CreateCnameToken, which gives a valid token again and mints one only when there is none. */
async function ensure(binding: BindingInputs, recorded?: Outputs): Promise<Outputs> {
  const bucket = bucketAt(binding);
  const { domain } = binding;
  if ((await bucket.find(domain)) !== undefined) return outputs(binding, { bound: true }, recorded);
  try {
    return outputs(binding, { bound: false, token: await bucket.createToken(domain) }, recorded);
  } catch (error) {
    if (!isOssError(error, "NoNeedCreateCnameToken")) throw error;
    // Bound, says OSS, but not where: the list may have been behind.
    if ((await bucket.observeSurely(domain)) !== undefined) return outputs(binding, { bound: true }, recorded);
    throw new Error(
      `${error.message} Bucket ${binding.bucket} does not list ${domain}, so it is bound to another bucket, and OSS gives no ` +
        "token while it is. Nothing was changed. Next: unbind the domain there, then run `pulumi up` again",
    );
  }
}

/** Reads only. Fails with CnameTokenNotFound for a domain that is not bound and has no valid token. */
async function observe(binding: BindingInputs): Promise<Observed> {
  const bucket = bucketAt(binding);
  const { domain } = binding;
  if ((await bucket.find(domain)) !== undefined) return { bound: true };
  try {
    return { bound: false, token: await bucket.getToken(domain) };
  } catch (error) {
    // Its binding may have used the token up and not be listed yet.
    if (isOssError(error, "CnameTokenNotFound") && (await bucket.findSurely(domain)) !== undefined)
      return { bound: true };
    throw error;
  }
}

/** Sends nothing while the recorded token has an hour to live, or the domain was seen bound. */
async function mustRenew(olds: Outputs): Promise<boolean> {
  if (olds.bound || Date.parse(olds.expireTime) - clock.now() > RENEWAL_MS) return false;
  try {
    return (await bucketAt(olds).find(olds.domain)) === undefined;
  } catch (error) {
    // The bucket may be made anew by the same program, after its preview.
    if (isOssError(error, "NoSuchBucket")) return true;
    throw error;
  }
}

interface Observed {
  readonly bound: boolean;
  readonly token?: OssCnameToken;
}

/** The record keeps its value when there is no new token: what is in DNS stays in DNS. */
function outputs(binding: BindingInputs, { bound, token }: Observed, recorded?: Outputs): Outputs {
  const end = token === undefined ? undefined : parseDate(token.expireTime);
  return plain({
    ...bindingOf(binding),
    token: token?.token ?? recorded?.token ?? "",
    // Neither bound nor a token: the recorded one has ended, whenever that was to be.
    expireTime: end?.toISOString() ?? token?.expireTime ?? (bound ? (recorded?.expireTime ?? "") : ""),
    txtRecord: {
      name: txtRecordName(binding.domain),
      type: "TXT" as const,
      value: token?.token ?? recorded?.txtRecord.value ?? NO_TOKEN_NEEDED,
      ttl: TXT_TTL_SECONDS,
    },
    bound,
  });
}

function parseId(id: string): { bucket: string; domain: string } {
  const [bucket, domain, ...rest] = id.split("/");
  if (!bucket || !domain || rest.length > 0)
    throw new Error(`${JSON.stringify(id)} is not the id of a CnameToken: it must be bucket/domain`);
  return { bucket, domain: foldName(domain) };
}
