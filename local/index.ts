export { type Cloud, type CloudOptions, startCloud } from "./cloud";
export type { Switches } from "./switches";
export type { Binding, Bucket, Certificate, RequestEntry, Token, WorldState } from "./world";
