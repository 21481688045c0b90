import Module from "node:module";

/**
 * Lets the SDK load modules that it seldom uses when it first uses them. It loads TypeScript to serialize functions,
 * and npm's Arborist to list the packages that they need: together a third of what a program or provider process costs
 * to start.
 */
export function loadLazily(names: readonly string[]): void {
  const loader = Module as unknown as { _load(request: string, parent?: NodeModule, isMain?: boolean): object };
  const load = loader._load;
  loader._load = function (request, parent, isMain) {
    const isLazy = names.includes(request) && /[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "");
    return isLazy ? lazy(() => load.call(this, request, parent, isMain)) : load.call(this, request, parent, isMain);
  };
}

/** Stands for a module until something of it is needed. */
function lazy(load: () => object): object {
  let loaded: object | undefined;
  const real = () => {
    loaded ??= load();
    return loaded;
  };
  return new Proxy(() => {}, {
    get: (_, key) => Reflect.get(real(), key),
    has: (_, key) => Reflect.has(real(), key),
    apply: (_, self, args) => Reflect.apply(real() as () => unknown, self, args),
    construct: (_, args) => Reflect.construct(real() as new () => object, args),
  });
}
