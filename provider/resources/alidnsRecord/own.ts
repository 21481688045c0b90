import { NO_PROOF_NEEDED } from "../../names";
import type { Inputs, Outputs } from "./lifecycle";

/** False for the TXT record of a domain that was bound already. */
export function isNeeded({ type, value }: Pick<Inputs, "type" | "value">): boolean {
  return !(type === "TXT" && value === NO_PROOF_NEEDED);
}

/** Whether the record on record may or may not have been made: no reply said so, and there was none before. */
export function isUnconfirmed(recorded: Outputs): boolean {
  return recorded.recordId === "" && isNeeded(recorded);
}

/** Whether a record is the one on record, which is known by what it holds where its id is not known. */
export function isOwn(
  record: { readonly recordId: string; readonly type: string; readonly value: string },
  recorded: Outputs,
): boolean {
  if (record.type !== recorded.type) return false;
  return isUnconfirmed(recorded) ? record.value === recorded.value : record.recordId === recorded.recordId;
}
