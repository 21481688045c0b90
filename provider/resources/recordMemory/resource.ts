import * as pulumi from "@pulumi/pulumi";
import { OssDynamicResource } from "../dynamicResource";

/**
 * Remembers, in the stack's state, which records in Alibaba Cloud DNS `BucketCnames` makes. In the `up` in which single
 * resources take its domains over, it says so before the first of them finds its record: Pulumi deletes the
 * `BucketCnames` last, and asks it nothing before. It stands for nothing in the cloud.
 */
class RecordMemory extends OssDynamicResource {
  constructor(records: Promise<string[]>) {
    super("recordMemory", "RecordMemory", "custom-domains", [], { records });
  }
}

/**
 * Notes that this program makes records in Alibaba Cloud DNS; `name`: of one that `BucketCnames` makes, where a domain
 * stands for both of its records.
 */
export function rememberRecords(name?: string): void {
  const stack = pulumi.runtime.getStackResource() as ProgramStack | undefined;
  if (stack === undefined) return;
  if (stack[RECORDS] === undefined) {
    const records = new Set<string>();
    stack[RECORDS] = records;
    // A program may wait for its resources: of those that it makes after that, nothing is remembered.
    new RecordMemory(new Promise((resolve) => setImmediate(() => resolve([...records].sort()))));
  }
  if (name !== undefined) stack[RECORDS].add(name);
}

/** The stack's resource lives as long as its program, and is the same for all copies of this package. */
const RECORDS = Symbol.for("pulumi-oss-cname:records");

interface ProgramStack {
  [RECORDS]?: Set<string>;
}
