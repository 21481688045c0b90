/** A DNS record as a program declares it. */
interface DeclaredRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly ttl: number;
  readonly zone?: string;
}

/**
 * What the program of this run declares.
 *
 * Renaming a resource, `--replace` and taint make Pulumi create the new resource, which adopts what is in the cloud,
 * and then delete the old one, which stands for the same thing. Pulumi calls `check` for every resource in `up` and for
 * none in `destroy`: so `check` notes here what is declared, and `delete` leaves alone what it finds here.
 */
export class Declared {
  /** Domains of BucketCname resources, noted as soon as they are known, whatever else is wrong with the resource. */
  readonly bindings = new Set<string>();
  /** Domains of CnameCertificate resources, noted in the same way. */
  readonly certificates = new Set<string>();
  /** AlidnsRecord resources that passed `check`. */
  readonly #records = new Map<string, DeclaredRecord>();

  noteRecord(record: DeclaredRecord): void {
    this.#records.set(recordKey(record), record);
  }

  /** The declared record of the same name, type and value. */
  record(record: Pick<DeclaredRecord, "name" | "type" | "value">): DeclaredRecord | undefined {
    return this.#records.get(recordKey(record));
  }
}

function recordKey({ name, type, value }: Pick<DeclaredRecord, "name" | "type" | "value">): string {
  return JSON.stringify([name, type, value]);
}
