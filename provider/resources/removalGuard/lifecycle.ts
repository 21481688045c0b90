import type * as pulumi from "@pulumi/pulumi";
import { Lifecycle } from "../lifecycle";
import { protectionProblem, removalProblem } from "./rule";

interface Inputs {
  readonly domains: readonly string[];
  readonly protected?: readonly string[];
}

/**
 * Only the inputs count: Pulumi keeps those of every `up`, also where `diff` finds nothing to do, and hands them to the
 * next `check`, which can refuse what a program does before the first deletion.
 */
export class RemovalGuardLifecycle extends Lifecycle implements pulumi.dynamic.ResourceProvider<Inputs, object> {
  async check(olds: Partial<Inputs>, news: Inputs) {
    const protection = protectionProblem(olds.protected ?? [], news.domains);
    const removal = removalProblem({
      before: olds.domains ?? [],
      now: news.domains,
      limit: this.run.settings.removalLimit,
      allowed: Number(process.env.OSS_CNAME_ALLOW_REMOVAL) || 0,
    });
    const reasons = [protection, removal].filter((reason) => reason !== undefined);
    return { inputs: news, failures: reasons.map((reason) => ({ property: "", reason })) };
  }

  async diff() {
    return { changes: false };
  }

  async create() {
    return { id: "custom-domains", outs: {} };
  }
}
