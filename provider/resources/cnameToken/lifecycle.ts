import { ActionableError, factsOf } from "../../actionableError";
import type { Bucket } from "../../bucket";
import type { DnsRecord } from "../../names";
import { NO_PROOF_NEEDED, RECORD_TTL_SECONDS, txtRecordName } from "../../names";
import { isOssError } from "../../oss/error";
import type { CnameTokenInfo } from "../../oss/xml";
import { isoDate } from "../../oss/xml";
import type { BindingInputs } from "../binding";
import { bindingOf, checkBinding, diffBinding } from "../binding";
import type { Found, ResourceProvider } from "../lifecycle";
import { isUnknown, Lifecycle, plain, UNKNOWN } from "../lifecycle";
import { locate } from "../locate";
import { preflight } from "../preflight";

interface Outputs extends BindingInputs {
  readonly token: string;
  readonly expireTime: string;
  readonly txtRecord: DnsRecord;
  readonly bound: boolean;
}

/** What OSS has of a domain. */
interface Observed {
  readonly bound: boolean;
  readonly token?: CnameTokenInfo;
}

export class CnameTokenLifecycle extends Lifecycle implements ResourceProvider<BindingInputs, Outputs> {
  async check(olds: Partial<BindingInputs>, news: BindingInputs) {
    const { inputs, failures } = checkBinding(news);
    const look = () => this.run.bucket(inputs).binding(inputs.domain);
    return { inputs, failures: failures.length > 0 ? failures : await preflight(this.run, olds, inputs, look) };
  }

  async diff(_id: string, olds: Outputs, news: BindingInputs) {
    const { changes, replaces } = diffBinding(olds, news);
    return { changes: changes || (await this.#mustRenew(olds)), replaces };
  }

  preview(inputs: BindingInputs) {
    const name = isUnknown(inputs.domain) ? UNKNOWN : txtRecordName(inputs.domain);
    const txtRecord = { name, type: "TXT", value: UNKNOWN, ttl: RECORD_TTL_SECONDS };
    return { ...bindingOf(inputs), token: UNKNOWN, expireTime: UNKNOWN, txtRecord, bound: UNKNOWN };
  }

  async create(inputs: BindingInputs) {
    return { id: idOf(inputs), outs: await this.#ensure(inputs) };
  }

  async read(id: string, props?: Outputs): Promise<Found<Partial<BindingInputs>, Outputs>> {
    const recorded = props?.txtRecord === undefined ? undefined : props;
    const binding = recorded ? bindingOf(recorded) : await locate(this.run, "CnameToken", id, props, this.#isThere);
    try {
      const found = outputs(binding, await this.#observe(binding), recorded);
      return props === undefined ? { id: idOf(binding), props: found, inputs: binding } : { id, props: found };
    } catch (error) {
      if (isOssError(error, "NoSuchBucket") && recorded !== undefined) return { id: "" };
      if (!isOssError(error, "CnameTokenNotFound")) throw error;
      if (recorded !== undefined) return { id, props: outputs(binding, { bound: false }, recorded) };
      throw new Error(
        `No CnameToken ${id}: bucket ${binding.bucket} has no valid token for ${binding.domain} and does not list it as bound`,
      );
    }
  }

  async update(_id: string, olds: Outputs, news: BindingInputs) {
    return { outs: await this.#ensure(news, olds.bucket === news.bucket ? olds : undefined) };
  }

  /** No operation deletes a token: it expires by itself. */
  async delete() {}

  /**
   * Bound: nothing to prove. Not bound: CreateCnameToken, which gives a valid token again and mints one only when there
   * is none.
   */
  async #ensure(binding: BindingInputs, recorded?: Outputs): Promise<Outputs> {
    const bucket = this.run.bucket(binding);
    const { domain } = binding;
    if ((await bucket.binding(domain)) !== undefined) return outputs(binding, { bound: true }, recorded);
    try {
      return outputs(binding, { bound: false, token: await bucket.createToken(domain) }, recorded);
    } catch (error) {
      if (!isOssError(error, "NoNeedCreateCnameToken")) throw error;
      // OSS says that it is bound, but not where: the list may have been behind.
      if ((await bucket.binding(domain, { fresh: true, looks: 2 })) !== undefined)
        return outputs(binding, { bound: true }, recorded);
      throw new ActionableError(
        `${factsOf(error)} Bucket ${binding.bucket} does not list ${domain}, so it is bound to another bucket, and OSS gives no ` +
          "token while it is. Nothing was changed.",
        "unbind the domain there, then run `pulumi up` again",
        { cause: error },
      );
    }
  }

  /** Reads only. Fails with CnameTokenNotFound for a domain that is not bound and has no valid token. */
  async #observe(binding: BindingInputs): Promise<Observed> {
    const bucket = this.run.bucket(binding);
    const { domain } = binding;
    if ((await bucket.binding(domain)) !== undefined) return { bound: true };
    try {
      return { bound: false, token: await bucket.getToken(domain) };
    } catch (error) {
      // Binding may have used the token up, and the list may not show it yet.
      if (isOssError(error, "CnameTokenNotFound") && (await bucket.binding(domain, { looks: 2 })) !== undefined)
        return { bound: true };
      throw error;
    }
  }

  /** Whether a bucket has the domain, or a valid token of it. */
  readonly #isThere = async (bucket: Bucket, domain: string): Promise<boolean> => {
    if ((await bucket.binding(domain)) !== undefined) return true;
    try {
      await bucket.getToken(domain);
      return true;
    } catch (error) {
      if (isOssError(error, "CnameTokenNotFound")) return false;
      throw error;
    }
  };

  /** Sends nothing while the recorded token has an hour to live, or once the domain was seen bound. */
  async #mustRenew(olds: Outputs): Promise<boolean> {
    if (olds.bound || Date.parse(olds.expireTime) - this.run.clock.now() > RENEWAL_MS) return false;
    // The program may make the bucket again, after this preview.
    return (await this.run.bucket(olds).binding(olds.domain, { bucketMayBeGone: true })) === undefined;
  }
}

/** A token that expires sooner than this is renewed while the domain is not bound. It lives for 72 hours. */
const RENEWAL_MS = 60 * 60 * 1000;

/** The record keeps its value when there is no new token: what is in DNS stays in DNS. */
function outputs(binding: BindingInputs, { bound, token }: Observed, recorded?: Outputs): Outputs {
  return plain({
    ...bindingOf(binding),
    token: token?.token ?? recorded?.token ?? "",
    // Neither bound nor a valid token: the recorded one has expired, whatever it said.
    expireTime: token === undefined ? (bound ? (recorded?.expireTime ?? "") : "") : isoDate(token.expireTime),
    txtRecord: {
      name: txtRecordName(binding.domain),
      type: "TXT" as const,
      value: token?.token ?? recorded?.txtRecord.value ?? NO_PROOF_NEEDED,
      ttl: RECORD_TTL_SECONDS,
    },
    bound,
  });
}

function idOf({ bucket, domain }: BindingInputs): string {
  return `${bucket}/${domain}`;
}
