export {
  destroy,
  EngineError,
  type EngineOptions,
  initializeStack,
  outputs,
  preview,
  type Result,
  refresh,
  type StackOptions,
  setConfig,
  up,
} from "../engine/engine";
export type { Certificate } from "./certificates";
export { type Cloud, type CloudOptions, startCloud } from "./cloud";
export type { Fault } from "./faults";
export type { RequestEntry } from "./requestEntry";
export type { Binding, Bucket, StoredObject, Token, WorldState } from "./state";
export type { Switches } from "./switches";
