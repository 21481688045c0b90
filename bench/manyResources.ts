import type { Engine } from "../test/support/pulumiRun";
import { megabytes, type Row, seconds, times } from "./figures";
import { NothingStack } from "./floor";
import type { Measured } from "./measuredStack";

const FEW = 500;
const MANY = 3000;

/** How an engine's time grows with resources that do nothing: 6x is linear, 36x the square. */
export async function manyResources(engine: Engine): Promise<Row[]> {
  const few = await allCommands(engine, FEW);
  const many = await allCommands(engine, MANY);
  const row = (what: keyof typeof few): Row => [
    `${what} of ${MANY} resources that do nothing`,
    seconds(many[what].ms),
    `${FEW}: ${seconds(few[what].ms)}`,
    times(many[what].ms / few[what].ms),
  ];
  const [state, smaller] = [many.up.stateBytes, few.up.stateBytes];
  return [
    row("up"),
    row("unchanged"),
    row("update"),
    row("destroy"),
    ["state", megabytes(state), `${FEW}: ${megabytes(smaller)}`, times(state / smaller)],
  ];
}

async function allCommands(engine: Engine, resources: number) {
  const stack = await NothingStack.create(engine, { resources });
  try {
    const up: Measured = await stack.up();
    const unchanged = await stack.unchanged();
    const update = await stack.update();
    return { up, unchanged, update, destroy: await stack.destroy() };
  } finally {
    stack.close();
  }
}
