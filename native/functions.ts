import type { PropertyMap } from "../engine/property/value";
import {
  type GetCnameTokenArgs,
  type ListCnamesArgs,
  queryCnames,
  queryCnameToken,
  type Run,
} from "../provider/plugin";

/** The functions of the package, `oss-cname:index:<name>`. */
export const FUNCTIONS: Readonly<Record<string, (run: Run, args: PropertyMap) => Promise<object>>> = {
  getCnameToken: (run, args) =>
    queryCnameToken(run, required(args, "bucket", "domain") as unknown as GetCnameTokenArgs),
  listCnames: (run, args) => queryCnames(run, required(args, "bucket") as unknown as ListCnamesArgs),
};

function required(args: PropertyMap, ...names: readonly string[]): PropertyMap {
  const missing = names.find((name) => typeof args[name] !== "string" || args[name] === "");
  if (missing !== undefined) throw new Error(`${missing} is missing`);
  return args;
}
