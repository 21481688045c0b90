/**
 * `pulumi-oss-cname/native`: the same classes over the plugin, `pulumi-resource-oss-cname`. One import of it makes all
 * resources of a program the plugin's.
 */
import { programState } from "./programState";

export * from "./index";

const { version } = require("pulumi-oss-cname/package.json") as { version: string };
programState.importNative(version);
