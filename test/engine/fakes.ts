import type { ProviderHost } from "../../engine/execute/providerHost";
import { Providers } from "../../engine/execute/providers";
import type { Events } from "../../engine/execute/step";
import type { Goal } from "../../engine/plan/goal";
import type { PropertyMap } from "../../engine/property/value";
import type { StackFile } from "../../engine/stack/backend";
import { Crypter } from "../../engine/stack/secrets";
import { Snapshot } from "../../engine/stack/snapshot";
import { type PendingOperation, type Resource, State, stateText } from "../../engine/stack/state";
import { nameOf } from "../../engine/urn";

export const THING = "pulumi-nodejs:dynamic/test:Thing";
export const GROUP = "test:index:Group";
export const PROVIDER = "pulumi:providers:pulumi-nodejs";
export const DEFAULT_PROVIDER = `${urn("default", PROVIDER)}::default-id`;

export function urn(name: string, type = THING): string {
  return `urn:pulumi:dev::p::${type}::${name}`;
}

/** A dynamic resource as it is in a state. */
export function thing(name: string, rest: Partial<Resource> = {}): Resource {
  return {
    urn: urn(name),
    custom: true,
    id: `${name}-0`,
    type: THING,
    inputs: { name },
    outputs: { name },
    provider: DEFAULT_PROVIDER,
    created: "2020-01-01T00:00:00.000Z",
    modified: "2020-01-01T00:00:00.000Z",
    ...rest,
  };
}

/** A component as it is in a state. */
export function group(name: string, rest: Partial<Resource> = {}): Resource {
  return { urn: urn(name, GROUP), custom: false, type: GROUP, inputs: {}, outputs: {}, ...rest };
}

/** The default provider as it is in a state. */
export function provider(inputs: PropertyMap = {}): Resource {
  return { urn: urn("default", PROVIDER), custom: true, id: "default-id", type: PROVIDER, inputs, outputs: inputs };
}

/** The goal of a program that wants this resource. */
export function goalOf(resource: Resource): Goal {
  const { urn, type, custom, inputs, parent, provider, deletedWith } = resource;
  return {
    type,
    name: nameOf(urn),
    custom,
    inputs,
    parent,
    provider,
    deletedWith,
    dependencies: resource.dependencies ?? [],
    propertyDependencies: resource.propertyDependencies ?? {},
    additionalSecretOutputs: resource.additionalSecretOutputs ?? [],
    ignoreChanges: resource.ignoreChanges ?? [],
    customTimeouts: resource.customTimeouts ?? {},
    protect: resource.protect ?? false,
    retainOnDelete: resource.retainOnDelete,
  };
}

interface SavedState {
  readonly resources: readonly Resource[];
  readonly pending_operations?: readonly PendingOperation[];
}

let crypter: Promise<Crypter> | undefined;

/** One crypter for all tests: it takes a while to make. */
export function testCrypter(): Promise<Crypter> {
  crypter ??= Crypter.create("correct horse");
  return crypter;
}

/** A snapshot of these resources whose states are kept in memory: each one that it saves is added to `saved`. */
export async function memorySnapshot(
  resources: readonly Resource[],
  options: {
    readonly pendingOperations?: readonly PendingOperation[];
    /** The saves that fail, counted from 1. */
    readonly failing?: readonly number[];
  } = {},
): Promise<{ readonly snapshot: Snapshot; readonly saved: SavedState[] }> {
  const crypter = await testCrypter();
  const saved: SavedState[] = [];
  let saves = 0;
  const file = {
    stack: "dev",
    qualifiedName: "organization/p/dev",
    write: async (text: string) => {
      if (options.failing?.includes(++saves)) throw new Error("disk full");
      saved.push(JSON.parse(text).checkpoint.latest);
    },
  } as Partial<StackFile> as StackFile;
  const text = stateText({
    name: file.qualifiedName,
    crypter,
    resources,
    pendingOperations: options.pendingOperations ?? [],
  });
  return { snapshot: Snapshot.open({ file, crypter, state: new State(text, "dev.json"), journal: "" }), saved };
}

type Answers = { readonly [Method in "check" | "diff" | "create" | "read" | "update" | "delete"]?: unknown };

/** Providers whose process answers as told, and otherwise as a provider that does everything and sees no changes. */
export function fakeProviders(answers: Answers = {}): { readonly providers: Providers; readonly calls: string[] } {
  const calls: string[] = [];
  const method =
    <Arguments extends readonly unknown[]>(name: keyof Answers, usual: (...given: Arguments) => unknown) =>
    async (...given: Arguments) => {
      calls.push(`${name} ${JSON.stringify(given[0])}`);
      const answer = answers[name];
      if (answer instanceof Error) throw answer;
      return typeof answer === "function" ? answer(...given) : (answer ?? usual(...given));
    };
  const host = {
    configure: async () => {},
    stop: async () => {},
    check: method("check", (_olds: PropertyMap, news: PropertyMap) => ({ inputs: news, failures: [] })),
    diff: method("diff", () => ({ changes: "none", replaces: [], deleteBeforeReplace: false })),
    create: method("create", (inputs: PropertyMap) => ({ id: "new-id", properties: inputs })),
    read: method("read", (id: string, properties: PropertyMap) => ({ id, properties })),
    update: method("update", (_id: string, _olds: PropertyMap, news: PropertyMap) => news),
    delete: method("delete", () => undefined),
  };
  const providers = new Providers(async () => host as unknown as ProviderHost);
  return { providers, calls };
}

/** Events, as lines. */
export function recordEvents(): Events & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    started: ({ op }) => lines.push(`started ${op}`),
    done: ({ op }) => lines.push(`done ${op}`),
    failed: ({ op }, { message }) => lines.push(`failed ${op}: ${message}`),
    report: (severity, message) => lines.push(`${severity}: ${message}`),
  };
}
