import type * as pulumi from "@pulumi/pulumi";
import { rrOf } from "../../alidns/client";
import { foldName, RECORD_TTL_SECONDS } from "../../names";
import type { CheckFailure, Found, ResourceProvider } from "../lifecycle";
import { isChanged, isUnknown, Lifecycle, PartialFailure, UNKNOWN } from "../lifecycle";
import { ensureRecord, Unconfirmed } from "./ensure";
import { foresee } from "./foresee";
import type { Adoption } from "./handOver";
import { isHandedOver } from "./handOver";
import { importRecord } from "./importRecord";
import { isNeeded, isUnconfirmed } from "./own";
import { releaseRecord } from "./release";
import type { AlidnsRecordArgs } from "./resource";
import { rrIn } from "./rr";

export type Inputs = pulumi.Unwrap<AlidnsRecordArgs> & { readonly ttl: number };

export interface Outputs extends Inputs {
  readonly recordId: string;
  readonly zone: string;
  readonly rr: string;
  readonly adopted: boolean;
  /** Of an adopted record; see `handOver.ts`. */
  readonly adoption?: Adoption;
}

export class AlidnsRecordLifecycle extends Lifecycle implements ResourceProvider<Inputs, Outputs> {
  async check(olds: Inputs, news: Inputs) {
    const { inputs, missing } = tidy(news);
    const failures = [...missing, ...problemsOf(inputs)];
    if (failures.length === 0 && isNeeded(inputs)) this.run.declared.noteRecord(inputs);
    if (failures.length === 0 && olds.name === undefined) failures.push(...(await foresee(this.run, inputs)));
    return { inputs, failures };
  }

  async diff(_id: string, olds: Outputs, news: Inputs) {
    const replaces = (["name", "type"] as const).filter((field) => isChanged(olds[field], news[field]));
    // A zone that is not known yet will most likely be the same: no replacement is announced because of it.
    const moved = news.zone !== undefined && !isUnknown(news.zone) && news.zone !== olds.zone;
    const changed = (["value", "ttl"] as const).some((field) => isChanged(olds[field], news[field]));
    const all = [...replaces.filter((field) => !isUnknown(news[field])), ...(moved ? ["zone"] : [])];
    const isUnfinished = isUnconfirmed(olds) || isUnknown(news.zone);
    return { changes: changed || moved || replaces.length > 0 || isUnfinished, replaces: all };
  }

  preview(inputs: Inputs, olds: Partial<Outputs> = {}) {
    const { zone = olds.zone ?? UNKNOWN } = inputs;
    const rr = isUnknown(zone) || isUnknown(inputs.name) ? UNKNOWN : rrIn(zone, inputs.name);
    return { ...inputs, zone, rr, recordId: olds.recordId || UNKNOWN, adopted: UNKNOWN };
  }

  async create(inputs: Inputs) {
    const outs = await this.#ensure(inputs.name, inputs);
    return { id: outs.recordId || outs.name, outs };
  }

  async read(id: string, props?: Outputs): Promise<Found<Partial<Inputs>, Outputs>> {
    if (props === undefined) {
      const found = await importRecord(this.run, id);
      const { name, type, value, ttl, recordId } = found;
      return { id: recordId, props: found, inputs: { name, type, value, ttl } };
    }
    if (props.recordId === "") return { id, props };
    // Only `get` comes without a recordId.
    const isGet = props.recordId === undefined;
    const { alidns } = this.run;
    const name = foldName(props.name);
    const zone = props.zone ?? (await alidns.findZone(name));
    const rr = rrIn(zone, name);
    const recordId = props.recordId ?? id;
    const record = await (isGet ? alidns.getRecord(zone, rr, recordId) : alidns.readRecord(zone, rr, recordId));
    if (record === undefined || record.type !== props.type) {
      if (isGet) throw new Error(`There is no ${props.type} record ${id} at ${props.name} in the zone ${zone}.`);
      return { id: "" };
    }
    const value = isGet || isNeeded(props) ? record.value : props.value;
    if (isGet) return { id, props: { ...props, name, zone, rr, recordId, value, ttl: record.ttl, adopted: true } };
    const isMarked = isHandedOver(record, props);
    // The TTL of an adopted record is its owner's decision.
    const ttl = props.adopted || isMarked ? props.ttl : record.ttl;
    // A CNAME is taken over in place: see `releaseRecord`.
    const isTakenOver = props.type === "CNAME" && value !== props.value;
    const adopted = isTakenOver || (props.adopted && !isMarked);
    return { id: recordId, props: { ...props, value, ttl, adopted } };
  }

  async update(id: string, olds: Outputs, news: Inputs) {
    return { outs: await this.#ensure(id, news, olds) };
  }

  async delete(_id: string, olds: Outputs) {
    await releaseRecord(this.run, olds);
  }

  async #ensure(id: string, inputs: Inputs, olds?: Outputs): Promise<Outputs> {
    try {
      return await ensureRecord(this.run, inputs, olds);
    } catch (error) {
      // The next `up` must know a record for its own that was made all the same.
      if (error instanceof Unconfirmed) throw new PartialFailure(id, inputs, error.outputs, error);
      throw error;
    }
  }
}

/** The inputs in the form in which they are compared and stored, and which of the required ones are missing. */
function tidy(news: Inputs): { inputs: Inputs; missing: CheckFailure[] } {
  const missing: CheckFailure[] = [];
  const text = (property: "name" | "type" | "value" | "zone", fold: (given: string) => string): string => {
    const given: unknown = news[property];
    if (typeof given === "string" && given.trim() !== "") return isUnknown(given) ? given : fold(given.trim());
    missing.push({ property, reason: `${property} is missing` });
    return "";
  };
  const type = text("type", (given) => given.toUpperCase()) as Inputs["type"];
  const inputs: Inputs = {
    ...news,
    name: text("name", foldName),
    type,
    // The value of a TXT record is kept as it is, spaces included.
    value: text("value", () => (type === "CNAME" ? foldName(news.value) : news.value)),
    ttl: news.ttl ?? RECORD_TTL_SECONDS,
    ...(news.zone !== undefined && { zone: text("zone", foldName) }),
  };
  return { inputs, missing };
}

function problemsOf({ name, type, value, ttl, zone, allowOverwrite }: Inputs): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const refuse = (property: string, reason: string) => failures.push({ property, reason });
  const isKnown = (given: string | undefined): given is string =>
    given !== undefined && given !== "" && !isUnknown(given);
  if (isKnown(type) && type !== "TXT" && type !== "CNAME")
    refuse("type", `${JSON.stringify(type)} is not a type that this resource makes: TXT or CNAME`);
  if (isKnown(name) && !isDnsName(name)) refuse("name", `${JSON.stringify(name)} is not a DNS name`);
  if (type === "CNAME" && isKnown(value) && !isDnsName(value))
    refuse("value", `${JSON.stringify(value)} is not a DNS name`);
  if (type === "CNAME" && isKnown(value) && value === name) refuse("value", "a CNAME cannot point to itself");
  if (isKnown(name) && isKnown(zone) && rrOf(name, zone) === undefined)
    refuse("zone", `${name} does not lie in the zone ${zone}`);
  if (!isUnknown(ttl) && !(Number.isInteger(ttl) && ttl >= 1 && ttl <= 86400))
    refuse("ttl", `${JSON.stringify(ttl)} is not a whole number of seconds from 1 to 86400`);
  if (!isUnknown(allowOverwrite) && !["undefined", "boolean"].includes(typeof allowOverwrite))
    refuse("allowOverwrite", `${JSON.stringify(allowOverwrite)} is not true or false`);
  return failures;
}

function isDnsName(name: string): boolean {
  return name.length <= 253 && /^(\*|[a-z0-9_-]{1,63})(\.[a-z0-9_-]{1,63})*$/.test(name);
}
