import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * Makes the archives of the plugin that `pulumi plugin install` takes, one for each platform. They differ by their names
 * alone, because Node.js runs the same file everywhere.
 */
const PLATFORMS = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64"];
const root = join(__dirname, "..", "..");
const FILES = [
  [join(root, "plugin", "pulumi-resource-oss-cname.cmd"), 0o755],
  [join(root, "plugin", "README.md"), 0o644],
  [join(root, "LICENSE"), 0o644],
] as const;

/** Writes the archives of a bundled plugin into a directory, and gives their paths. The same files make the same bytes. */
export function writeArchives(plugin: string, directory: string): string[] {
  const entries = [[plugin, 0o755] as const, ...FILES].map(([path, mode]) =>
    tarEntry(basename(path), readFileSync(path), mode),
  );
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const archive = gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]), { level: 9 });
  mkdirSync(directory, { recursive: true });
  return PLATFORMS.map((platform) => {
    const path = join(directory, `pulumi-resource-oss-cname-v${version}-${platform}.tar.gz`);
    writeFileSync(path, archive);
    return path;
  });
}

/** A file as ustar has it, without owner and time. npm puts all files into a folder, and not every system has `tar`. */
function tarEntry(name: string, content: Buffer, mode: number): Buffer {
  const header = Buffer.alloc(512);
  const fields: [string, number][] = [
    [name, 0],
    [octal(mode, 7), 100],
    [octal(0, 7), 108],
    [octal(0, 7), 116],
    [octal(content.length, 11), 124],
    [octal(0, 11), 136],
    [" ".repeat(8), 148],
    ["0", 156],
    ["ustar\u000000", 257],
  ];
  for (const [text, offset] of fields) header.write(text, offset, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

if (require.main === module)
  for (const path of writeArchives(
    join(root, "plugin", "pulumi-resource-oss-cname"),
    resolve(process.argv[2] ?? join(root, "archives")),
  ))
    console.log(path);
