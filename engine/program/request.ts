import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type * as pb from "@pulumi/pulumi/proto/resource_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Goal } from "../plan/goal";
import { completeReferences } from "../property/rewrite";
import { type PropertyMap, unsupportedValue } from "../property/value";
import { fromStruct } from "../rpc";
import { Unsupported } from "../unsupported";
import { isDynamic, nameOf } from "../urn";

/** Resource options by the fields of a request. Hooks are not among them: registering one is refused already. */
const UNSUPPORTED_OPTIONS: Readonly<Record<string, string>> = {
  aliasesList: "aliases",
  aliasurnsList: "aliases",
  deletebeforereplace: "deleteBeforeReplace",
  deletebeforereplacedefined: "deleteBeforeReplace",
  envvarmappingsMap: "envVarMappings",
  hidediffsList: "hideDiffs",
  importid: "import",
  plugindownloadurl: "pluginDownloadURL",
  replaceonchangesList: "replaceOnChanges",
  replaceWithList: "replaceWith",
  replacementTrigger: "replacementTrigger",
  stateMigrationsList: "stateMigrations",
  transformsList: "transforms",
  version: "version",
};

const SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** What a program wants that registers a resource. @throws Unsupported */
export function goalOfRegistration(request: pb.RegisterResourceRequest): Goal {
  refuseType(request.getType(), { needsPlugin: request.getCustom() || request.getRemote() });
  refuseOptions(request);
  const inputs = propertiesOf(request.getObject(), request.getName());
  const dependencies = request.getPropertydependenciesMap();
  const propertyDependencies = Object.keys(inputs).map((key) => [key, dependencies.get(key)?.getUrnsList() ?? []]);
  const { pb_delete: deleteTimeout, ...timeouts } = request.getCustomtimeouts()?.toObject() ?? {};
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs,
    parent: request.getParent() || undefined,
    provider: request.getProvider() || undefined,
    dependencies: request.getDependenciesList(),
    propertyDependencies: Object.fromEntries(propertyDependencies),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    ignoreChanges: request.getIgnorechangesList(),
    customTimeouts: secondsOf({ ...timeouts, delete: deleteTimeout }),
    deletedWith: request.getDeletedwith() || undefined,
    protect: request.getProtect() ?? false,
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
  };
}

/** What a program wants that reads a resource. @throws Unsupported */
export function goalOfRead(request: pb.ReadResourceRequest): Goal {
  refuseType(request.getType(), { needsPlugin: true });
  refuseOptions(request);
  return {
    type: request.getType(),
    name: request.getName(),
    custom: true,
    inputs: propertiesOf(request.getProperties(), request.getName()),
    parent: request.getParent() || undefined,
    provider: request.getProvider() || undefined,
    dependencies: request.getDependenciesList(),
    propertyDependencies: {},
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    ignoreChanges: [],
    customTimeouts: {},
    protect: false,
  };
}

/** The properties that the program has sent for the resource of this name or URN. @throws Unsupported */
export function propertiesOf(sent: Struct | undefined, name: string): PropertyMap {
  const properties = fromStruct(sent);
  const unsupported = unsupportedValue(properties);
  if (unsupported)
    throw new Unsupported(`${name.startsWith("urn:") ? nameOf(name) : name} has ${unsupported} among its properties`);
  return completeReferences(properties);
}

/** The timeouts that are set, in seconds; Go writes them as durations such as 1h30m. */
export function secondsOf(durations: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const timeouts = Object.entries(durations).map(([operation, text]) => [operation, text ? seconds(text) : 0] as const);
  return Object.fromEntries(timeouts.filter(([, amount]) => amount !== 0));
}

function seconds(duration: string): number {
  const parts = [...duration.matchAll(/(\d+\.?\d*|\.\d+)(ms|us|µs|ns|h|m|s)/g)];
  if (parts.map(([part]) => part).join("") !== duration)
    throw new Error(`unable to parse customTimeout value "${duration}"`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (SECONDS[unit ?? ""] ?? 0), 0);
}

function refuseType(type: string, { needsPlugin }: { readonly needsPlugin: boolean }): void {
  if (needsPlugin && !isDynamic(type))
    throw new Unsupported(`the program has a resource of type ${type}, not a dynamic one`);
}

/** Resources of plugins are in no state that this engine works on: an alias that is such a type finds nothing. */
function mayMatch(alias: Alias): boolean {
  const type = alias.getSpec()?.getType() ?? "";
  return type === "" || isDynamic(type);
}

function refuseOptions(request: pb.RegisterResourceRequest | pb.ReadResourceRequest): void {
  const fields: Record<string, unknown> = { ...request.toObject() };
  if ("getAliasesList" in request) fields.aliasesList = request.getAliasesList().filter(mayMatch);
  const isSet = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  const used = Object.entries(UNSUPPORTED_OPTIONS).filter(([field]) => isSet(fields[field]));
  if (used.length === 0) return;
  const options = new Set(used.map(([, option]) => option));
  throw new Unsupported(`${request.getName()} (${request.getType()}) has the option ${[...options].join(", ")}`);
}
