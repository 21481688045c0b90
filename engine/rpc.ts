import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PropertyMap } from "./property/value";

/** Channel options. The default limit of 4 MB is too low for properties that hold files. */
export const MESSAGE_LIMITS = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

export function toStruct(properties: PropertyMap): Struct {
  return Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

export function fromStruct(properties: Struct | undefined): PropertyMap {
  return (properties?.toJavaScript() ?? {}) as PropertyMap;
}
