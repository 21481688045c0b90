import { ActionableError } from "../../actionableError";
import { foldName } from "../../names";
import type { Run } from "../../run";
import type { Outputs } from "./lifecycle";
import { rrIn } from "./rr";

/**
 * The record that an id of `pulumi import` means: `name/type`, and `name/type/RecordId` where a name has several of a type.
 * It is the resource's own from then on.
 */
export async function importRecord(run: Run, id: string): Promise<Outputs> {
  const [name = "", type, recordId, ...more] = id.split("/");
  if (name === "" || (type !== "TXT" && type !== "CNAME") || more.length > 0)
    throw new Error(
      `${JSON.stringify(id)} is not the id of an AlidnsRecord: an id is name/type, such as www.example.com/CNAME, or ` +
        "name/type/RecordId where the name has several records of the type",
    );
  const folded = foldName(name);
  const zone = await run.alidns.findZone(folded);
  const rr = rrIn(zone, folded);
  const found = (await run.alidns.findRecords(zone, rr)).filter(
    (record) =>
      record.type === type && record.line === "default" && (recordId === undefined || record.recordId === recordId),
  );
  const [only, ...others] = found;
  if (only === undefined) throw new Error(`There is no ${type} record ${id} in the zone ${zone}.`);
  if (others.length > 0)
    throw new ActionableError(
      `${folded} has several ${type} records in Alibaba Cloud DNS.`,
      `import one of ${found.map((record) => `${folded}/${type}/${record.recordId}`).join(", ")}`,
    );
  const { value, ttl } = only;
  return { name: folded, type, value, ttl, zone, rr, recordId: only.recordId, adopted: false };
}
