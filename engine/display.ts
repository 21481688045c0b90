import { isDeepStrictEqual, styleText } from "node:util";
import { isProvider, type Op, type Step, type StepEvents } from "./execute/executor";
import { type Kind, nameOf, STACK_TYPE } from "./plan/deployment";
import { isMap, isObject, isSecret, type PropertyMap, type PropertyValue, SIGNATURE, UNKNOWN } from "./property/value";

/** How many resources were, or would be, treated in which way. */
export type Summary = Readonly<Partial<Record<CountedOp, number>>>;
type CountedOp = "same" | "create" | "update" | "replace" | "delete" | "read" | "discard";

export interface Diagnostic {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  /** The resource it is about, where it is about one. */
  readonly urn?: string;
}

const symbols: Readonly<Record<Op, string>> = {
  same: " ",
  create: "+",
  update: "~",
  delete: "-",
  read: ">",
  refresh: "~",
  replace: "+-",
  "create-replacement": "++",
  "delete-replaced": "--",
  "read-replacement": ">>",
  discard: "<",
  "discard-replaced": "<<",
};
const participles: Readonly<Record<CountedOp, string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  read: "read",
  discard: "discarded",
  same: "unchanged",
};
const colours = { create: "green", update: "yellow", replace: "magenta", delete: "red", read: "cyan" } as const;

/** Tells what happens as it happens, in lines, and counts it. */
export class Display implements StepEvents {
  readonly #counts: Partial<Record<CountedOp, number>> = {};
  readonly steps: { readonly op: Op; readonly urn: string }[] = [];
  readonly diagnostics: Diagnostic[] = [];
  /** Texts that are never shown, the longest first. */
  readonly #hidden: readonly string[];

  constructor(
    private readonly options: {
      readonly line: (line: string) => void;
      readonly kind: Kind;
      readonly dryRun: boolean;
      readonly diff: boolean;
      readonly colour: boolean;
      /** Texts that are never shown, whoever says them. */
      readonly secrets: readonly string[];
    },
  ) {
    this.#hidden = options.secrets
      .filter((secret) => secret.length >= 3 && !/^(true|false)$/i.test(secret))
      .sort((a, b) => b.length - a.length)
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  }

  get summary(): Summary {
    return this.#counts;
  }

  get hasChanges(): boolean {
    return Object.keys(this.#counts).some((op) => op !== "same" && op !== "read" && op !== "discard");
  }

  started(step: Step): void {
    if (this.options.dryRun || isInternal(step) || step.op === "same" || step.op === "replace" || step.op === "refresh")
      return;
    if (resourceOf(step)?.custom) this.#tell(step, step.op);
  }

  done(step: Step, seconds: number): void {
    if (isInternal(step)) return;
    const op = outcome(step);
    this.steps.push({
      op: step.op === "refresh" ? (step.result ?? "same") : step.op,
      urn: resourceOf(step)?.urn ?? "",
    });
    // What an update has found first is not what it has changed.
    if (op && (step.op !== "refresh" || this.options.kind === "refresh"))
      this.#counts[op] = (this.#counts[op] ?? 0) + 1;
    if (op === "same" || step.op === "replace") return;
    this.#tell(step, this.options.dryRun ? step.op : `${step.op} done (${seconds.toFixed(1)}s)`);
    if (this.options.diff || op === "update" || op === "replace" || step.op === "create-replacement")
      this.#properties(step);
  }

  failed(step: Step, error: Error, seconds: number): void {
    this.#tell(step, `${step.op} failed (${seconds.toFixed(1)}s)`);
    this.report("error", error.message, resourceOf(step)?.urn);
  }

  report(severity: Diagnostic["severity"], said: string, urn?: string): void {
    const message = this.hide(said);
    this.diagnostics.push({ severity, message, ...(urn && { urn }) });
    const about = urn && !urn.includes(`::${STACK_TYPE}::`) ? `${nameOf(urn)}: ` : "";
    const colour = severity === "error" ? "red" : severity === "warning" ? "yellow" : undefined;
    const [first = "", ...rest] = `${about}${message}`.split("\n");
    this.#line(`${this.#paint(`${severity}:`, colour)} ${first}`);
    for (const line of rest) this.#line(`    ${line}`);
  }

  /** The stack's outputs, and how they have changed. */
  outputs(outputs: PropertyMap, old: PropertyMap): void {
    const names = keysOf(old, outputs);
    if (names.length > 0) this.#line("Outputs:");
    for (const name of names) {
      if (isDeepStrictEqual(old[name], outputs[name])) this.#line(`    ${name}: ${show(outputs[name])}`);
      else this.#change("  ", name, old[name], outputs[name]);
    }
  }

  /** A text without secrets of the configuration; like the CLI it lets pass what is too short to be one. */
  hide(text: string): string {
    return this.#hidden.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
  }

  close(seconds: number): void {
    const counted = Object.entries(participles).flatMap(([op, participle]) => {
      const count = this.#counts[op as CountedOp];
      if (!count) return [];
      return [
        op === "same"
          ? `${count} unchanged`
          : `${symbols[op as Op]} ${count} ${this.options.dryRun ? `to ${op}` : participle}`,
      ];
    });
    this.#line("Resources:");
    for (const line of counted.length > 0 ? counted : ["none"]) this.#line(`    ${line}`);
    if (!this.options.dryRun) this.#line(`Duration: ${Math.ceil(seconds)}s`);
  }

  #tell(step: Step, what: string): void {
    const resource = resourceOf(step);
    if (!resource) return;
    const op = outcome(step) ?? step.op;
    const colour = op in colours ? colours[op as keyof typeof colours] : undefined;
    this.#line(
      `${this.#paint(symbols[op === "same" ? "same" : step.op].padStart(2), colour)} ${resource.type} ${nameOf(resource.urn)} ${what}`,
    );
  }

  #properties(step: Step): void {
    const refreshed = step.op === "refresh";
    const before = (refreshed ? step.old?.outputs : step.old?.inputs) ?? {};
    const after = (refreshed ? step.new?.outputs : step.new?.inputs) ?? {};
    const names = keysOf(before, after).filter((name) => !name.startsWith("__"));
    for (const name of names) {
      const forces = step.keys?.includes(name) ? " (forces replacement)" : "";
      this.#change("      ", name, before[name], after[name], forces);
    }
    for (const key of step.keys ?? []) if (!names.includes(key)) this.#line(`      ${key} (forces replacement)`);
  }

  /** What has changed in a value, place by place. */
  #change(
    indent: string,
    path: string,
    old: PropertyValue | undefined,
    now: PropertyValue | undefined,
    forces = "",
  ): void {
    if (isDeepStrictEqual(old, now)) return;
    if (isMap(old) && isMap(now)) {
      for (const key of keysOf(old, now)) this.#change(indent, `${path}.${key}`, old[key], now[key], forces);
    } else if (Array.isArray(old) && Array.isArray(now)) {
      const longer = old.length > now.length ? old : now;
      for (const index of longer.keys()) this.#change(indent, `${path}[${index}]`, old[index], now[index], forces);
    } else if (old === undefined) this.#line(`${indent}+ ${path}: ${show(now)}${forces}`);
    else if (now === undefined) this.#line(`${indent}- ${path}: ${show(old)}${forces}`);
    else this.#line(`${indent}~ ${path}: ${show(old)} => ${show(now)}${forces}`);
  }

  #line(text: string): void {
    this.options.line(this.hide(text));
  }

  #paint(text: string, colour: "green" | "yellow" | "magenta" | "red" | "cyan" | undefined): string {
    return this.options.colour && colour ? styleText(colour, text) : text;
  }
}

/** A value for people: secrets and what is not known yet are named, not shown. */
export function show(value: PropertyValue | undefined): string {
  return JSON.stringify(readable(value)).replaceAll(/"\[(secret|unknown)\]"/g, "[$1]");
}

/** The same as plain data; with `secrets`, those in clear. */
export function readable(value: PropertyValue | undefined, secrets = false): unknown {
  if (isSecret(value)) return secrets ? readable(value.value, true) : "[secret]";
  if (value === UNKNOWN) return "[unknown]";
  if (Array.isArray(value)) return value.map((item) => readable(item, secrets));
  if (!isObject(value)) return value ?? null;
  if (SIGNATURE in value) return value.urn ?? "[reference]";
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item, secrets)]));
}

function keysOf(...maps: readonly PropertyMap[]): string[] {
  return [...new Set(maps.flatMap(Object.keys))];
}

function resourceOf(step: Step) {
  return step.new ?? step.old;
}

/** Default providers come and go by themselves. */
function isInternal(step: Step): boolean {
  const resource = resourceOf(step);
  return resource !== undefined && isProvider(resource) && nameOf(resource.urn) === "default";
}

/** As what a step is counted; the parts of a replacement are not. */
function outcome(step: Step): CountedOp | undefined {
  if (step.op === "refresh") return step.result;
  if (step.op === "read")
    return step.old && !isDeepStrictEqual(step.old.outputs, step.new?.outputs) ? "read" : undefined;
  return step.op in participles ? (step.op as CountedOp) : undefined;
}
