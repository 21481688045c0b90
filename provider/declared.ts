import { createHash } from "node:crypto";
import type { SharedLines } from "./sharedLines";

/** A DNS record as a program declares it. */
interface DeclaredRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly ttl: number;
  readonly zone?: string;
}

/** Texts that are noted once and for all. */
interface Noted {
  add(text: string): void;
  has(text: string): boolean;
}

/**
 * What the program of this run declares, to all provider processes of one engine: each account has one.
 *
 * Renaming a resource, `--replace` and taint make Pulumi create the new resource, which adopts what is in the cloud,
 * and then delete the old one, which stands for the same thing. Pulumi calls `check` for every resource in `up` and for
 * none in `destroy`: so `check` notes here what is declared, and `delete` leaves alone what it finds here.
 */
export class Declared {
  readonly #facts = new Map<string, unknown>();
  readonly #shared: SharedLines | undefined;

  /** Domains of BucketCname resources, noted as soon as they are known, whatever else is wrong with the resource. */
  readonly bindings = this.#noted("binding");
  /** Domains of CnameCertificate resources, noted in the same way. */
  readonly certificates = this.#noted("certificate");
  /** RecordIds that this operation has adopted; written and read by AlidnsRecord: see `handOver.ts`. */
  readonly adoptedRecords = this.#noted("adoptedRecord");
  /** RecordIds that BucketCnames has taken for its own: other resources leave them to it as they are. */
  readonly ownRecords = this.#noted("ownRecord");
  /** Names of records that BucketCnames made for domains that none declares any more; written by RecordMemory. */
  readonly formerRecords = this.#noted("formerRecord");

  /** `shared`: what the other processes write too. Default: there are none. */
  constructor(shared?: SharedLines) {
    this.#shared = shared;
  }

  /** An AlidnsRecord resource that passed `check`. */
  noteRecord(record: DeclaredRecord): void {
    const { ttl, zone } = record;
    this.#note("record", recordKey(record), { ttl, zone });
  }

  /** The declared record of the same name, type and value. */
  record(record: Pick<DeclaredRecord, "name" | "type" | "value">): Pick<DeclaredRecord, "ttl" | "zone"> | undefined {
    return this.#find("record", recordKey(record)) as DeclaredRecord | undefined;
  }

  #noted(kind: string): Noted {
    return {
      add: (text) => this.#note(kind, text, true),
      has: (text) => this.#find(kind, text) !== undefined,
    };
  }

  #note(kind: string, key: string, fact: unknown): void {
    const line = JSON.stringify([kind, key, fact]);
    const place = `${kind} ${key}`;
    if (JSON.stringify([kind, key, this.#facts.get(place)]) === line) return;
    this.#facts.set(place, fact);
    this.#shared?.write(line);
  }

  #find(kind: string, key: string): unknown {
    const place = `${kind} ${key}`;
    if (!this.#facts.has(place)) this.#learn();
    return this.#facts.get(place);
  }

  /** Takes in what other processes have noted. Other versions of this package may write more than this one knows. */
  #learn(): void {
    for (const line of this.#shared?.read() ?? []) {
      const [kind, key, fact] = parseLine(line);
      if (!this.#facts.has(`${kind} ${key}`)) this.#facts.set(`${kind} ${key}`, fact);
    }
  }
}

/** A digest: a TXT record's value is nobody else's business. */
function recordKey({ name, type, value }: Pick<DeclaredRecord, "name" | "type" | "value">): string {
  return createHash("sha256")
    .update(JSON.stringify([name, type, value]))
    .digest("hex");
}

function parseLine(line: string): readonly unknown[] {
  try {
    const read: unknown = JSON.parse(line);
    return Array.isArray(read) ? read : [];
  } catch {
    return [];
  }
}
