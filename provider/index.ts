export { OssDynamicResource } from "./resource";
