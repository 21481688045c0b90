import { isDeepStrictEqual, styleText } from "node:util";
import { nameOf, STACK_TYPE } from "./deployment";
import type { Kind } from "./operation";
import { isObject, isSecret, type PropertyMap, type PropertyValue, SIGNATURE, UNKNOWN } from "./propertyValue";
import { isProvider, type Op, type Step, type StepEvents } from "./step";

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

  constructor(
    private readonly options: {
      readonly line: (line: string) => void;
      readonly kind: Kind;
      readonly dryRun: boolean;
      readonly diff: boolean;
      readonly colour: boolean;
    },
  ) {}

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

  report(severity: Diagnostic["severity"], message: string, urn?: string): void {
    this.diagnostics.push({ severity, message, ...(urn && { urn }) });
    const about = urn && !urn.includes(`::${STACK_TYPE}::`) ? `${nameOf(urn)}: ` : "";
    const colour = severity === "error" ? "red" : severity === "warning" ? "yellow" : undefined;
    const [first = "", ...rest] = `${about}${message}`.split("\n");
    this.options.line(`${this.#paint(`${severity}:`, colour)} ${first}`);
    for (const line of rest) this.options.line(`    ${line}`);
  }

  /** The stack's outputs; they are shown where they are new or another. */
  outputs(outputs: PropertyMap, old: PropertyMap): void {
    const names = Object.keys(outputs).filter(
      (name) => this.options.dryRun || !isDeepStrictEqual(outputs[name], old[name]),
    );
    if (names.length === 0) return;
    this.options.line("Outputs:");
    for (const name of names) this.options.line(`    ${name}: ${show(outputs[name])}`);
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
    this.options.line("Resources:");
    for (const line of counted.length > 0 ? counted : ["none"]) this.options.line(`    ${line}`);
    if (!this.options.dryRun) this.options.line(`Duration: ${Math.ceil(seconds)}s`);
  }

  #tell(step: Step, what: string): void {
    const resource = resourceOf(step);
    if (!resource) return;
    const op = outcome(step) ?? step.op;
    const colour = op in colours ? colours[op as keyof typeof colours] : undefined;
    this.options.line(
      `${this.#paint(symbols[op === "same" ? "same" : step.op].padStart(2), colour)} ${resource.type} ${nameOf(resource.urn)} ${what}`,
    );
  }

  #properties(step: Step): void {
    const hidden = (properties: PropertyMap) => Object.entries(properties).filter(([name]) => !name.startsWith("__"));
    const refreshed = step.op === "refresh";
    const before = Object.fromEntries(hidden((refreshed ? step.old?.outputs : step.old?.inputs) ?? {}));
    const after = Object.fromEntries(hidden((refreshed ? step.new?.outputs : step.new?.inputs) ?? {}));
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [old, now] = [before[name], after[name]];
      if (isDeepStrictEqual(old, now)) continue;
      const forces = step.keys?.includes(name) ? " (forces replacement)" : "";
      if (old === undefined) this.options.line(`      + ${name}: ${show(now)}${forces}`);
      else if (now === undefined) this.options.line(`      - ${name}: ${show(old)}${forces}`);
      else this.options.line(`      ~ ${name}: ${show(old)} => ${show(now)}${forces}`);
    }
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
