import { isDeepStrictEqual, styleText } from "node:util";
import type { Events, Op, Severity, Step, StepResult } from "./execute/step";
import type { Kind } from "./operation";
import { readable } from "./property/rewrite";
import { isArray, isMap, type PropertyMap, type PropertyValue } from "./property/value";
import type { Resource } from "./stack/state";
import { isProvider, isStack, nameOf } from "./urn";

/** How many resources were, or would be, treated in each way. */
export type Summary = Readonly<Partial<Record<CountedOp, number>>>;
type CountedOp = "same" | "create" | "update" | "replace" | "delete" | "read" | "discard";
type Colour = "green" | "yellow" | "magenta" | "red" | "cyan";

export interface Diagnostic {
  readonly severity: Severity;
  readonly message: string;
  /** The resource that it is about, if it is about one. */
  readonly urn?: string;
}

interface ValueChange {
  readonly indent: string;
  readonly path: string;
  readonly old: PropertyValue | undefined;
  readonly now: PropertyValue | undefined;
  readonly suffix: string;
}

interface Options {
  /** Gets each line that is shown. */
  readonly line: (line: string) => void;
  readonly kind: Kind;
  readonly dryRun: boolean;
  /** Show the properties of all resources. */
  readonly diff: boolean;
  readonly colour: boolean;
  /** What is never shown, whatever it is part of. */
  readonly secrets: readonly string[];
}

const SYMBOLS: Readonly<Record<Op, string>> = {
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
const PARTICIPLES: Readonly<Record<CountedOp, string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  read: "read",
  discard: "discarded",
  same: "unchanged",
};
const OP_COLOURS: Readonly<Partial<Record<Op, Colour>>> = {
  create: "green",
  update: "yellow",
  replace: "magenta",
  delete: "red",
  read: "cyan",
};
const SEVERITY_COLOURS: Readonly<Partial<Record<Severity, Colour>>> = { error: "red", warning: "yellow" };
/** Steps whose start is not worth a line. */
const QUIET_OPS: ReadonlySet<Op> = new Set(["same", "replace", "refresh"]);

/** Shows in lines what happens, as it happens, and counts it. */
export class Display implements Events {
  readonly #options: Options;
  readonly #counts: Partial<Record<CountedOp, number>> = {};
  readonly #steps: { readonly op: Op; readonly urn: string }[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  /** What is never shown, the longest first. */
  readonly #hidden: readonly string[];

  constructor(options: Options) {
    this.#options = options;
    this.#hidden = options.secrets
      .filter((secret) => secret.length >= 3 && !/^(true|false)$/i.test(secret))
      .sort((a, b) => b.length - a.length)
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  }

  /** What has happened so far. */
  get result() {
    return { summary: this.#counts as Summary, steps: this.#steps, diagnostics: this.#diagnostics };
  }

  get hasChanges(): boolean {
    return Object.keys(this.#counts).some((op) => op !== "same" && op !== "read" && op !== "discard");
  }

  started(step: Step): void {
    if (this.#options.dryRun || isInternal(step) || QUIET_OPS.has(step.op)) return;
    if (resourceOf(step).custom) this.#showStep(step, step.op, step.op);
  }

  done(step: Step, result: StepResult, seconds: number): void {
    if (isInternal(step)) return;
    const counted = countedAs(step, result);
    const op = step.op === "refresh" ? (result.found ?? "same") : step.op;
    this.#steps.push({ op, urn: resourceOf(step).urn });
    // What an update finds by refreshing first is not one of its changes.
    if (counted && (step.op !== "refresh" || this.#options.kind === "refresh"))
      this.#counts[counted] = (this.#counts[counted] ?? 0) + 1;
    if (counted === "same" || step.op === "replace") return;
    this.#showStep(step, counted, this.#options.dryRun ? step.op : `${step.op} done (${seconds.toFixed(1)}s)`);
    if (this.#options.diff || counted === "update" || step.op === "create-replacement")
      this.#showProperties(step, result);
  }

  failed(step: Step, error: Error, seconds: number): void {
    this.#showStep(step, step.op === "refresh" ? "same" : step.op, `${step.op} failed (${seconds.toFixed(1)}s)`);
    this.report("error", error.message, resourceOf(step).urn);
  }

  report(severity: Severity, text: string, urn?: string): void {
    const message = this.hide(text);
    this.#diagnostics.push({ severity, message, ...(urn && { urn }) });
    const about = urn && !isStack(urn) ? `${nameOf(urn)}: ` : "";
    const [first = "", ...rest] = `${about}${message}`.split("\n");
    this.#line(`${this.#paint(`${severity}:`, SEVERITY_COLOURS[severity])} ${first}`);
    for (const line of rest) this.#line(`    ${line}`);
  }

  /** Shows the stack's outputs, and how they have changed. */
  outputs(outputs: PropertyMap, old: PropertyMap): void {
    const names = keysOf(old, outputs);
    if (names.length > 0) this.#line("Outputs:");
    for (const name of names) {
      if (isDeepStrictEqual(old[name], outputs[name])) this.#line(`    ${name}: ${show(outputs[name])}`);
      else this.#showChange({ indent: "  ", path: name, old: old[name], now: outputs[name], suffix: "" });
    }
  }

  /** Replaces the configuration's secrets in a string. Like the CLI, it leaves what is too short to be a secret. */
  hide(text: string): string {
    return this.#hidden.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
  }

  /** Shows the counts at the end. */
  close(seconds: number): void {
    this.#line("Resources:");
    if (Object.keys(this.#counts).length === 0) this.#line("    none");
    for (const [op, participle] of Object.entries(PARTICIPLES) as [CountedOp, string][]) {
      const count = this.#counts[op];
      if (!count) continue;
      if (op === "same") this.#line(`    ${count} ${participle}`);
      else this.#line(`    ${SYMBOLS[op]} ${count} ${this.#options.dryRun ? `to ${op}` : participle}`);
    }
    if (!this.#options.dryRun) this.#line(`Duration: ${Math.ceil(seconds)}s`);
  }

  #showStep(step: Step, counted: Op | undefined, what: string): void {
    const { type, urn, retainOnDelete } = resourceOf(step);
    const retained = retainOnDelete && !step.new ? " [retain]" : "";
    const symbol = SYMBOLS[counted === "same" ? "same" : step.op].padStart(2);
    this.#line(`${this.#paint(symbol, OP_COLOURS[counted ?? step.op])} ${type} ${nameOf(urn)} ${what}${retained}`);
  }

  #showProperties(step: Step, { resource }: StepResult): void {
    const isRefresh = step.op === "refresh";
    const before = (isRefresh ? step.old.outputs : step.old?.inputs) ?? {};
    const after = (isRefresh ? resource?.outputs : step.new?.inputs) ?? {};
    const forcing = "keys" in step ? (step.keys ?? []) : [];
    const names = keysOf(before, after).filter((name) => !name.startsWith("__"));
    for (const name of names) {
      const suffix = forcing.includes(name) ? " (forces replacement)" : "";
      this.#showChange({ indent: "      ", path: name, old: before[name], now: after[name], suffix });
    }
    for (const key of forcing) if (!names.includes(key)) this.#line(`      ${key} (forces replacement)`);
  }

  /** Shows what has changed in a value, place by place. */
  #showChange(change: ValueChange): void {
    const { indent, path, old, now, suffix } = change;
    if (isDeepStrictEqual(old, now)) return;
    if (isMap(old) && isMap(now)) {
      for (const key of keysOf(old, now))
        this.#showChange({ ...change, path: `${path}.${key}`, old: old[key], now: now[key] });
    } else if (isArray(old) && isArray(now)) {
      const longer = old.length > now.length ? old : now;
      for (const index of longer.keys())
        this.#showChange({ ...change, path: `${path}[${index}]`, old: old[index], now: now[index] });
    } else if (old === undefined) this.#line(`${indent}+ ${path}: ${show(now)}${suffix}`);
    else if (now === undefined) this.#line(`${indent}- ${path}: ${show(old)}${suffix}`);
    else this.#line(`${indent}~ ${path}: ${show(old)} => ${show(now)}${suffix}`);
  }

  #line(text: string): void {
    this.#options.line(this.hide(text));
  }

  #paint(text: string, colour: Colour | undefined): string {
    return this.#options.colour && colour ? styleText(colour, text) : text;
  }
}

/** A value for people: secrets and unknown values are named, not shown. */
function show(value: PropertyValue = null): string {
  const { shown } = readable({ shown: value }, { showSecrets: false });
  return JSON.stringify(shown).replaceAll(/"\[(secret|unknown)\]"/g, "[$1]");
}

function keysOf(...maps: readonly PropertyMap[]): string[] {
  return [...new Set(maps.flatMap(Object.keys))];
}

function resourceOf(step: Step): Resource {
  return step.new ?? step.old;
}

/** Default providers come and go without the user. */
function isInternal(step: Step): boolean {
  const resource = resourceOf(step);
  return isProvider(resource) && nameOf(resource.urn) === "default";
}

/** How a step is counted; the parts of a replacement are not. */
function countedAs(step: Step, { found, resource }: StepResult): CountedOp | undefined {
  if (step.op === "refresh") return found;
  if (step.op === "read")
    return step.old && !isDeepStrictEqual(step.old.outputs, resource?.outputs) ? "read" : undefined;
  return step.op in PARTICIPLES ? (step.op as CountedOp) : undefined;
}
