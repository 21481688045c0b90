import * as pulumi from "@pulumi/pulumi";
import type { AlidnsRecordInfo } from "../../alidns/client";
import { Alidns, isAlidnsError, rrOf } from "../../alidns/client";
import { configure, credentials } from "../../config/connection";
import { setting } from "../../config/settings";
import { foldName } from "../../dns/query";
import { OssDynamicResource } from "../dynamicResource";
import type { CheckFailure } from "../lifecycle";
import { isChanged, isUnknown } from "../lifecycle";

/** What a user writes. */
export interface AlidnsRecordArgs {
  /** Full name, such as `_dnsauth.www.example.com`. Changing it replaces the record. */
  readonly name: pulumi.Input<string>;
  /** Changing it replaces the record. */
  readonly type: pulumi.Input<"TXT" | "CNAME">;
  /** Text, or the name that a CNAME points to. Changed in place. */
  readonly value: pulumi.Input<string>;
  /** Seconds. Default 600, the least that the free plan allows. Changed in place. */
  readonly ttl?: pulumi.Input<number>;
  /** Zone of the account that takes the record. Default: the longest that holds the name. Another one replaces the record. */
  readonly zone?: pulumi.Input<string>;
}

interface Inputs {
  readonly name: string;
  readonly type: "TXT" | "CNAME";
  readonly value: string;
  readonly ttl: number;
  readonly zone?: string;
}

interface Outputs extends Inputs {
  readonly recordId: string;
  readonly zone: string;
  readonly rr: string;
  readonly adopted: boolean;
}

/** Records that the program declares in this run, and how; see `delete`. */
const declared = new Map<string, Inputs>();

let alidns = new Alidns(connection());

export const alidnsRecordProvider: pulumi.dynamic.ResourceProvider<Inputs, Outputs> = {
  configure(request) {
    const configured = configure(request);
    alidns = new Alidns(connection());
    return configured;
  },

  async check(_olds, news) {
    const failures: CheckFailure[] = [];
    const refuse = (property: string, reason: string) => failures.push({ property, reason });
    const text = (property: "name" | "type" | "value" | "zone", tidy: (given: string) => string): string => {
      const given: unknown = news[property];
      if (typeof given === "string" && given.trim() !== "") return isUnknown(given) ? given : tidy(given.trim());
      refuse(property, `${property} is missing`);
      return "";
    };
    const type = text("type", (given) => given.toUpperCase()) as Inputs["type"];
    const inputs: Inputs = {
      ...news,
      name: text("name", foldName),
      type,
      // The value of a TXT record is kept as it is, spaces included.
      value: text("value", () => (type === "CNAME" ? foldName(news.value) : news.value)),
      ttl: news.ttl ?? 600,
      ...(news.zone !== undefined && { zone: text("zone", foldName) }),
    };
    const { name, value, ttl, zone } = inputs;
    const known = (given: string | undefined): given is string =>
      given !== undefined && given !== "" && !isUnknown(given);
    if (known(type) && type !== "TXT" && type !== "CNAME") {
      refuse("type", `${JSON.stringify(type)} is not a type that this resource makes: TXT or CNAME`);
    }
    if (known(name) && !isDnsName(name)) refuse("name", `${JSON.stringify(name)} is not a DNS name`);
    if (type === "CNAME" && known(value) && !isDnsName(value))
      refuse("value", `${JSON.stringify(value)} is not a DNS name`);
    if (type === "CNAME" && known(value) && value === name) refuse("value", "a CNAME cannot point to itself");
    if (known(name) && known(zone) && rrOf(name, zone) === undefined) {
      refuse("zone", `${name} does not lie in the zone ${zone}`);
    }
    if (!isUnknown(ttl) && !(Number.isInteger(ttl) && ttl >= 1 && ttl <= 86400)) {
      refuse("ttl", `${JSON.stringify(ttl)} is not a whole number of seconds from 1 to 86400`);
    }
    if (failures.length === 0) declared.set(keyOf(inputs), inputs);
    return { inputs, failures };
  },

  async diff(_id, olds, news) {
    const replaces = (["name", "type"] as const).filter((field) => isChanged(olds[field], news[field]));
    // An unknown zone will nearly always be the one it was: no replacement is announced because of it.
    const moved = news.zone !== undefined && !isUnknown(news.zone) && news.zone !== olds.zone;
    const changed = (["value", "ttl"] as const).some((field) => isChanged(olds[field], news[field]));
    const all = [...replaces.filter((field) => !isUnknown(news[field])), ...(moved ? ["zone"] : [])];
    return { changes: changed || moved || replaces.length > 0 || isUnknown(news.zone), replaces: all };
  },

  async create(inputs) {
    const outs = await reconcile(inputs);
    return { id: outs.recordId, outs };
  },

  async read(id, props) {
    if (props === undefined)
      throw new Error("AlidnsRecord cannot be imported by its id alone: name and type are needed");
    // Only `get` comes without a recordId.
    const isGet = props.recordId === undefined;
    const name = foldName(props.name);
    const zone = props.zone ?? (await alidns.findZone(name));
    const rr = rrIn(zone, name);
    const recordId = props.recordId ?? id;
    const record = await alidns.getRecord(zone, rr, recordId);
    if (record === undefined || record.type !== props.type) {
      if (isGet) throw new Error(`There is no ${props.type} record ${id} at ${props.name} in the zone ${zone}.`);
      return { id: "" };
    }
    const { value } = record;
    if (isGet) return { id, props: { ...props, name, zone, rr, recordId, value, ttl: record.ttl, adopted: true } };
    // The TTL of an adopted record is its owner's business.
    const ttl = props.adopted || isHandedOver(record, props.ttl) ? props.ttl : record.ttl;
    return {
      id: recordId,
      props: { ...props, value, ttl, adopted: props.adopted && !isHandedOver(record, props.ttl) },
    };
  },

  async update(_id, olds, news) {
    return { outs: await reconcile(news, olds) };
  },

  /**
   * Deletes the record unless it was adopted.
   *
   * A renamed, replaced or tainted resource is first created, which adopts the record that is there, and then deleted under its
   * old name. That delete must leave the record alone, and yet the last one must know that the record is ours, while all that
   * the new resource has in its state is that it was adopted. So the record itself tells: it is handed over with a TTL that is
   * off by one second.
   */
  async delete(_id, olds) {
    const { zone, rr, recordId, ttl } = olds;
    const heir = declared.get(keyOf(olds));
    if (heir === undefined && !olds.adopted) return alidns.deleteRecord(zone, rr, recordId);
    const record = await alidns.getRecord(zone, rr, recordId);
    if (record === undefined || (olds.adopted && !isHandedOver(record, ttl))) return;
    const isSame = record.value === olds.value && (heir?.zone ?? zone) === zone;
    if (heir === undefined || !isSame) return alidns.deleteRecord(zone, rr, recordId);
    if (!isHandedOver(record, heir.ttl)) {
      await alidns.updateRecord(zone, recordId, { ...record, ttl: handedOverTtl(heir.ttl) });
    }
  },
};

/**
 * A TXT or CNAME record in Alibaba Cloud DNS.
 *
 * A record that is there already, with the same value, is adopted: it is not written, and not deleted when this resource
 * is. It becomes this resource's own once its value or TTL is changed from here. A CNAME beside another record of that name, or
 * a TXT record beside a CNAME, is refused. Several TXT values at one name are respected.
 */
export class AlidnsRecord extends OssDynamicResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly type: pulumi.Output<string>;
  declare readonly value: pulumi.Output<string>;
  declare readonly ttl: pulumi.Output<number>;
  /** Zone that holds the record. */
  declare readonly zone: pulumi.Output<string>;
  /** Name inside the zone, `@` for the zone itself. */
  declare readonly rr: pulumi.Output<string>;
  declare readonly recordId: pulumi.Output<string>;
  /** True when the record was there before, and so stays when this resource is deleted. */
  declare readonly adopted: pulumi.Output<boolean>;

  constructor(name: string, args: AlidnsRecordArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "alidnsRecord",
      "AlidnsRecord",
      name,
      { ttl: undefined, zone: undefined, rr: undefined, recordId: undefined, adopted: undefined, ...args },
      opts,
    );
  }

  /** Reads an existing record without writing. `id` is its RecordId. Fails when it is not at this name. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: AlidnsRecordArgs,
    opts?: pulumi.CustomResourceOptions,
  ): AlidnsRecord {
    return new AlidnsRecord(name, args, pulumi.mergeOptions(opts, { id }));
  }
}

/** Makes it so: what is there is left, what is ours is changed, what is missing is added. */
async function reconcile(inputs: Inputs, olds?: Outputs): Promise<Outputs> {
  const zone = inputs.zone ?? olds?.zone ?? (await alidns.findZone(inputs.name));
  const rr = rrIn(zone, inputs.name);
  const content = { rr, type: inputs.type, value: inputs.value, ttl: inputs.ttl };
  const outputs = (recordId: string, adopted: boolean) => ({ ...inputs, zone, rr, recordId, adopted });

  let addedUnheard = false;
  for (let mayRace = true; ; mayRace = false) {
    const there = (await alidns.findRecords(zone, rr)).filter(({ line }) => line === "default");
    const own = there.find(({ recordId, type }) => recordId === olds?.recordId && type === inputs.type);
    const same = there.find(({ type, value }) => type === inputs.type && value === inputs.value);
    if (olds !== undefined && own !== undefined && same !== own) {
      refuseConflicts(inputs, there, own);
      await alidns.updateRecord(zone, own.recordId, content);
      return outputs(own.recordId, false);
    }
    if (same !== undefined) {
      if (!same.enabled) throw new Error(`${describe(inputs)} is there but paused: enable record ${same.recordId}.`);
      if (same !== own) return outputs(same.recordId, !addedUnheard);
      if (own.ttl === inputs.ttl) return outputs(own.recordId, olds?.adopted ?? true);
      await alidns.updateRecord(zone, own.recordId, content);
      return outputs(own.recordId, false);
    }
    refuseConflicts(inputs, there);
    try {
      return outputs(await alidns.addRecord(zone, content), false);
    } catch (error) {
      if (!mayRace || !isAlidnsError(error, "DomainRecordDuplicate", "DomainRecordConflict")) throw error;
      // Either somebody was faster, or an earlier attempt of ours took effect although its reply was lost.
      addedUnheard = error.attempts > 1;
    }
  }
}

/** A CNAME stands alone at its name. */
function refuseConflicts(inputs: Inputs, there: AlidnsRecordInfo[], own?: AlidnsRecordInfo): void {
  const conflicts = there.filter((record) => {
    const isOther = record !== own && record.enabled && (record.type === "CNAME" || inputs.type === "CNAME");
    const isSame = record !== own && record.type === inputs.type && record.value === inputs.value;
    return isOther || isSame;
  });
  if (conflicts.length === 0) return;
  const found = conflicts.map(({ type, value, recordId }) => `${type} ${JSON.stringify(value)} (record ${recordId})`);
  throw new Error(
    `${describe(inputs)} cannot be made: that name already has ${found.join(", ")} in Alibaba Cloud DNS. ` +
      "Delete what is there, or declare its value.",
  );
}

function describe({ type, name, value }: Inputs): string {
  return `${type} ${name} ${JSON.stringify(value)}`;
}

function rrIn(zone: string, name: string): string {
  const rr = rrOf(name, zone);
  if (rr === undefined) throw new Error(`${name} does not lie in the zone ${zone}`);
  return rr;
}

/** The TTL of a record that one resource has left to another that adopted it. */
function handedOverTtl(ttl: number): number {
  return ttl < 86400 ? ttl + 1 : ttl - 1;
}

function isHandedOver(record: AlidnsRecordInfo, ttl: number): boolean {
  return record.ttl === handedOverTtl(ttl);
}

function keyOf({ name, type, value }: Inputs): string {
  return JSON.stringify([name, type, value]);
}

/** The endpoint is looked up when it is needed: a program loads this too, and asks nobody. */
function connection() {
  return {
    credentials,
    get endpoint() {
      return setting("oss-cname:alidnsEndpoint");
    },
  };
}

function isDnsName(name: string): boolean {
  return name.length <= 253 && /^(\*|[a-z0-9_-]{1,63})(\.[a-z0-9_-]{1,63})*$/.test(name);
}
