/**
 * How one resource leaves a record to another.
 *
 * A renamed, replaced or tainted resource is first created, which adopts the record that exists, and then deleted under
 * its old name. That delete must leave the record alone. Yet the new resource, whose state says only that it adopted
 * the record, must delete it one day. So the record itself says that it is ours: it is handed over with a TTL that is
 * off by one second.
 */

/** The TTL of a record that one resource has left to another that adopted it. */
export function handedOverTtl(ttl: number): number {
  return ttl < 86400 ? ttl + 1 : ttl - 1;
}

export function isHandedOver(record: { readonly ttl: number }, ttl: number): boolean {
  return record.ttl === handedOverTtl(ttl);
}
