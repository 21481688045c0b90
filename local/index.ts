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
export { type DiffResult, ProviderHost, type ProviderHostOptions, ResourceInitError } from "../engine/providerHost";
export { type Cloud, type CloudOptions, startCloud } from "./cloud";
export type { Switches } from "./switches";
export type { Binding, Bucket, Certificate, RequestEntry, Token, WorldState } from "./world";
