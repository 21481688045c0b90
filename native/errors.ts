import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { PropertyMap } from "../engine/property/value";
import { toStruct } from "../engine/rpc";

/** What Pulumi is told of a failure: its message, as it is. */
export function failure(error: unknown, code = grpc.status.UNKNOWN): Partial<grpc.StatusObject> {
  return { code, details: error instanceof Error ? error.message : String(error) };
}

/** An object that exists although the operation on it failed: the engine keeps it and goes on from it next time. */
export function unfinished(
  error: Error,
  { id, properties, inputs }: { readonly id: string; readonly properties: PropertyMap; readonly inputs: PropertyMap },
): Partial<grpc.StatusObject> {
  const detail = new ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toStruct(properties));
  detail.setInputs(toStruct(inputs));
  detail.setReasonsList([error.message]);
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(error.message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  // Go's gRPC looks for details here.
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { ...failure(error), metadata };
}
