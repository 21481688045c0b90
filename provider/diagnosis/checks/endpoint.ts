import { isOssError } from "../../oss/error";
import type { Evidence } from "../evidence";
import type { Verdict } from "../finding";
import { right, wrongFrom } from "../finding";
import { isKeyRefused } from "./credentials";
import { isPermissionDenied } from "./permissions";

/** Does OSS answer at the endpoint, and does it serve this bucket there? */
export function assessEndpoint({ oss, region, bindings }: Evidence): Verdict {
  if (oss instanceof Error) return wrongFrom(oss, "check the region and the endpoint");
  if (bindings instanceof Error && !isKeyRefused(bindings) && !isPermissionDenied(bindings)) {
    const otherwise = isOssError(bindings)
      ? "look the code up in the OSS documentation"
      : "check the network between this machine and OSS";
    return wrongFrom(bindings, otherwise);
  }
  return right(`${oss.host} answers${region === undefined ? "" : `, region ${region}`}`);
}
