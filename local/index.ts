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
export { type Cloud, type CloudOptions, startCloud } from "./cloud";
export type { Switches } from "./switches";
export type { Binding, Bucket, Certificate, Fault, RequestEntry, Token, WorldState } from "./world";
