import type * as pulumi from "@pulumi/pulumi";
import type { Direction } from "../../dns/cname";
import { lookForCname } from "../../dns/cname";
import { isChanged, Lifecycle, UNKNOWN } from "../lifecycle";

interface Inputs {
  readonly name: string;
  readonly target: string;
}

interface Outputs extends Inputs {
  readonly missing: string;
}

export class ManualRecordLifecycle extends Lifecycle implements pulumi.dynamic.ResourceProvider<Inputs, Outputs> {
  async check(_olds: Inputs, news: Inputs) {
    return { inputs: news, failures: [] };
  }

  async diff(_id: string, olds: Outputs, news: Inputs) {
    const changes = (["name", "target"] as const).filter((key) => isChanged(olds[key], news[key]));
    return { changes: changes.length > 0 || olds.missing !== "", replaces: changes.filter((key) => key === "name") };
  }

  preview(inputs: Inputs) {
    return { ...inputs, missing: UNKNOWN };
  }

  async create(inputs: Inputs) {
    return { id: inputs.name, outs: await this.#look(inputs) };
  }

  async read(id: string, props?: Outputs) {
    if (props?.missing === undefined) throw new Error(`${id} is a record that a person makes: it cannot be imported`);
    return { id, props: await this.#look(props) };
  }

  async update(_id: string, _olds: Outputs, news: Inputs) {
    return { outs: await this.#look(news) };
  }

  /** What a person has made, a person removes. */
  async delete() {}

  async #look({ name, target }: Inputs): Promise<Outputs> {
    const { cancellation, settings } = this.run;
    const found = await cancellation.race(() => lookForCname(name, target, { servers: settings.dnsServers }));
    return { name, target, missing: TEXTS[found] };
  }
}

const TEXTS: Record<Direction, string> = {
  there: "",
  nowhere: "missing",
  elsewhere: "leads elsewhere",
  unknown: "cannot be looked at from here",
};
