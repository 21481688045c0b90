import type { PropertyMap } from "../../engine/property/value";
import { inTexts } from "./certificateScene";
import { createAuthority, type IssuedChain } from "./certificates";
import type { Program } from "./stack";
import { type Act, DOMAIN, type Prepared, Trial } from "./trial";

/** One operation on one kind of resource: what there is before, and what is asked of Pulumi. */
export interface LifecycleCase {
  readonly name: string;
  readonly act: Act;
  readonly before: keyof Worlds;
  /** What is declared from now on; for a destroy, what was declared. */
  readonly program: (declare: Declare) => Program;
  /** Hours that pass after what was before. */
  readonly hours?: number;
}

const SITE = "site.oss-cn-hangzhou.aliyuncs.com";
const OTHER = "other.oss-cn-hangzhou.aliyuncs.com";
const BY_ID = { certId: "1-cn-hangzhou" };
const TWO = "two.example.com";

/** All operations of all resources. Those of ManualRecord ask DNS only. */
export const LIFECYCLES: readonly LifecycleCase[] = (
  [
    ["CnameToken: create", "up", "nothing", (declare) => declare.token()],
    ["CnameToken: update", "up", "proven", (declare) => declare.token(), 80],
    ["CnameToken: read", "refresh", "proven", (declare) => declare.token()],
    ["AlidnsRecord TXT: create", "up", "nothing", (declare) => declare.txt("one")],
    ["AlidnsRecord TXT: update", "up", "txt", (declare) => declare.txt("two")],
    ["AlidnsRecord TXT: replace", "up", "txt", (declare) => declare.txt("one", { name: `_dnsauth.${TWO}` })],
    ["AlidnsRecord TXT: read", "refresh", "txt", (declare) => declare.txt("one")],
    ["AlidnsRecord TXT: delete", "destroy", "txt", (declare) => declare.txt("one")],
    ["AlidnsRecord CNAME: create", "up", "nothing", (declare) => declare.cname(SITE)],
    ["AlidnsRecord CNAME: update", "up", "cname", (declare) => declare.cname(OTHER, { ttl: 60 })],
    ["AlidnsRecord CNAME: delete", "destroy", "cname", (declare) => declare.cname(SITE)],
    ["BucketCname: create", "up", "proven", (declare) => declare.binding()],
    ["BucketCname: read", "refresh", "bound", (declare) => declare.binding()],
    ["BucketCname: move", "up", "movable", (declare) => declare.binding("other")],
    ["BucketCname: delete", "destroy", "bound", (declare) => declare.binding()],
    ["CnameCertificate: create from PEM", "up", "bound", (declare) => declare.certificate(declare.pairs[0])],
    ["CnameCertificate: create from CertId", "up", "bound", (declare) => declare.certificate(BY_ID)],
    ["CnameCertificate: rotate PEM", "up", "served", (declare) => declare.certificate(declare.pairs[1])],
    [
      "CnameCertificate: rotate CertId",
      "up",
      "servedById",
      (declare) => declare.certificate({ certId: "2-cn-hangzhou" }),
    ],
    ["CnameCertificate: read", "refresh", "served", (declare) => declare.certificate(declare.pairs[0])],
    ["CnameCertificate: delete", "up", "served", (declare) => declare.binding()],
    ["BucketCnames: create", "up", "nothing", (declare) => declare.fleet()],
    ["BucketCnames: add a domain", "up", "fleet", (declare) => declare.fleet({ [DOMAIN]: {}, [TWO]: {} })],
    [
      "BucketCnames: rotate",
      "up",
      "fleet",
      (declare) => declare.fleet({ [DOMAIN]: { certificate: declare.pairs[1] } }),
    ],
    ["BucketCnames: move", "up", "fleet", (declare) => declare.fleet({ [DOMAIN]: { bucket: "other" } })],
    ["BucketCnames: read", "refresh", "fleet", (declare) => declare.fleet()],
    ["BucketCnames: delete", "destroy", "fleet", (declare) => declare.fleet()],
    ["ManualRecord: create", "up", "nothing", (declare) => declare.manual(SITE)],
    ["ManualRecord: update", "up", "manual", (declare) => declare.manual(OTHER)],
    ["ManualRecord: read", "refresh", "manual", (declare) => declare.manual(SITE)],
  ] satisfies [string, Act, keyof Worlds, (declare: Declare) => Program, number?][]
).map(([name, act, before, program, hours = 0]) => ({ name, act, before, program, hours }));

/** Programs, each of one resource and what it depends on. */
export class Declare {
  readonly pairs: readonly [PropertyMap, PropertyMap];

  private constructor(readonly issued: readonly [IssuedChain, IssuedChain]) {
    this.pairs = [inTexts(issued[0]), inTexts(issued[1])];
  }

  static async create(): Promise<Declare> {
    const { issue } = await createAuthority();
    return new Declare([await issue({ names: ["*.example.com"] }), await issue({ names: ["*.example.com"] })]);
  }

  token(bucket = "site"): Program {
    return { [`token-${bucket}`]: ["cnameToken", { bucket, domain: DOMAIN }] };
  }

  binding(bucket = "site"): Program {
    const binding = { bucket, domain: DOMAIN, dnsTimeoutSeconds: 1 };
    return { ...this.token(), ...this.token(bucket), binding: ["bucketCname", binding] };
  }

  certificate(certificate: PropertyMap): Program {
    return { ...this.binding(), certificate: ["cnameCertificate", { bucket: "site", domain: DOMAIN, ...certificate }] };
  }

  txt(value: string, more: PropertyMap = {}): Program {
    return { record: ["alidnsRecord", { name: `_dnsauth.${DOMAIN}`, type: "TXT", value, ...more }] };
  }

  cname(value: string, more: PropertyMap = {}): Program {
    return { record: ["alidnsRecord", { name: DOMAIN, type: "CNAME", value, ...more }] };
  }

  manual(target: string): Program {
    return { record: ["manualRecord", { name: DOMAIN, target }] };
  }

  fleet(domains: PropertyMap = { [DOMAIN]: {} }): Program {
    const shared = { bucket: "site", certificate: this.pairs[0], dnsTimeoutSeconds: 1, alidns: {} };
    return { fleet: ["bucketCnames", { ...shared, domains }] };
  }
}

export type Worlds = Awaited<ReturnType<typeof prepareWorlds>>;

/** What there may be before, by name. */
export async function prepareWorlds(declare: Declare) {
  const token = declare.token();
  const binding = declare.binding();
  return {
    nothing: await prepare(),
    proven: await prepare(token),
    bound: await prepare(token, binding),
    movable: await prepare({ ...token, ...declare.token("other") }, { ...declare.token("other"), ...binding }),
    served: await prepare(token, declare.certificate(declare.pairs[0])),
    servedById: await prepare(token, declare.certificate(BY_ID)),
    txt: await prepare(declare.txt("one")),
    cname: await prepare(declare.cname(SITE)),
    fleet: await prepare(declare.fleet()),
    manual: await prepare(declare.manual(SITE)),
  };
}

/** What there is after some `up`s, between which a person puts all tokens into DNS. */
async function prepare(...programs: readonly Program[]): Promise<Prepared> {
  const on = await Trial.start();
  try {
    for (const program of programs) {
      const error = await on.act("up", program);
      if (error !== undefined) throw error;
      if (!("fleet" in program)) on.prove();
    }
    return on.prepared();
  } finally {
    await on.close();
  }
}
