import * as pb from "@pulumi/pulumi/proto/provider_pb";
import type { PropertyMap } from "../engine/property/value";
import { toStruct } from "../engine/rpc";
import type { CheckFailure } from "../provider/plugin";
import type { Change } from "./diff";

export function checkResponse({
  inputs,
  failures,
}: {
  inputs: PropertyMap;
  failures: CheckFailure[];
}): pb.CheckResponse {
  const response = new pb.CheckResponse();
  response.setInputs(toStruct(inputs));
  response.setFailuresList(
    failures.map(({ property, reason }) => {
      const message = new pb.CheckFailure();
      message.setProperty(property);
      message.setReason(reason);
      return message;
    }),
  );
  return response;
}

/** What a `diff` has found. */
interface Answered {
  readonly changes: ReadonlyMap<string, Change>;
  readonly isChange: boolean;
  readonly replaces: readonly string[];
}

export function diffResponse({ changes, isChange, replaces }: Answered): pb.DiffResponse {
  const { DiffChanges } = pb.DiffResponse;
  const response = new pb.DiffResponse();
  response.setChanges(isChange ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
  response.setReplacesList([...replaces]);
  response.setDiffsList([...new Set([...changes.keys()].map((path) => path.split(/[.[]/, 1)[0] ?? path))]);
  response.setHasdetaileddiff(true);
  for (const [path, { kind, isInput }] of changes) {
    const isReplace = replaces.some(
      (property) => path === property || path.startsWith(`${property}.`) || path.startsWith(`${property}[`),
    );
    const diff = new pb.PropertyDiff();
    diff.setKind(KINDS[kind][isReplace ? 1 : 0]);
    diff.setInputdiff(isInput);
    response.getDetaileddiffMap().set(path, diff);
  }
  return response;
}

const { Kind } = pb.PropertyDiff;
const KINDS = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;
