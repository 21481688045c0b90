import { type Adopted, boundDomains, type Common, type ListedBucket } from "./boundDomains";

/** A TypeScript program that declares what is bound. */
export function program(buckets: readonly ListedBucket[], common: Common): Adopted & { readonly text: string } {
  const adopted = boundDomains(buckets, common);
  const statements = adopted.added.map(({ dns, protect, ...args }) => {
    const lines = Object.entries(args).map(([name, value]) => `  ${name}: ${literal(value)},\n`);
    return `new CustomDomain(${literal(args.domain)}, {\n${lines.join("")}  dns: ${dns},\n}${protect ? ", { protect: true }" : ""});\n`;
  });
  const head =
    'import { CustomDomain, none } from "pulumi-oss-cname";\n\n' +
    "// These domains are bound already. The first `pulumi up` adopts them, and writes nothing to OSS.\n";
  return { ...adopted, text: head + statements.join("\n") };
}

function literal(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner)}`);
  return `{ ${fields.join(", ")} }`;
}
