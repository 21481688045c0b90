import { rrOf } from "../../alidns/client";

/** The name of a record inside its zone. Throws where it is outside. */
export function rrIn(zone: string, name: string): string {
  const rr = rrOf(name, zone);
  if (rr === undefined) throw new Error(`${name} does not lie in the zone ${zone}`);
  return rr;
}
