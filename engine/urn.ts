/** The type of the root resource, which has the stack's outputs. */
export const STACK_TYPE = "pulumi:pulumi:Stack";
/** The type of the providers of dynamic resources. */
export const DYNAMIC_PROVIDER = "pulumi:providers:pulumi-nodejs";

/** Makes a URN: `urn:pulumi:<stack>::<project>::<types of the parents and the resource, joined by $>::<name>`. */
export function makeUrn(parts: {
  readonly stack: string;
  readonly project: string;
  readonly parent: string | undefined;
  readonly type: string;
  readonly name: string;
}): string {
  const { stack, project, parent, type, name } = parts;
  const qualifiedType = parent && !isStack(parent) ? `${typesOf(parent)}$${type}` : type;
  return `urn:pulumi:${stack}::${project}::${qualifiedType}::${name}`;
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

export function isStack(urn: string): boolean {
  return typesOf(urn) === STACK_TYPE;
}

/** The types of a resource's parents, and its own. */
function typesOf(urn: string): string | undefined {
  return urn.split("::")[2];
}

export function isProvider({ type }: { readonly type: string }): boolean {
  return type.startsWith("pulumi:providers:");
}

/** Is this the type of a dynamic resource, or of a provider of dynamic resources? */
export function isDynamic(type: string): boolean {
  return type.startsWith("pulumi-nodejs:") || type === DYNAMIC_PROVIDER;
}

/** How resources refer to their provider. */
export function providerReference({ urn, id }: { readonly urn: string; readonly id?: string | undefined }): string {
  return `${urn}::${id}`;
}

/** The URN in a reference to a provider. */
export function providerUrn(reference: string): string {
  return reference.slice(0, reference.lastIndexOf("::"));
}
