import type { OssError } from "../../oss/error";
import { isOssError } from "../../oss/error";
import type { Evidence } from "../evidence";
import type { Verdict } from "../finding";
import { right, wrongFrom } from "../finding";

/** Is there an access key, and does OSS accept it? */
export function assessCredentials({ keySource, bindings }: Evidence): Verdict {
  if (keySource instanceof Error) return wrongFrom(keySource, "give an access key by options, environment or profile");
  if (isKeyRefused(bindings)) return wrongFrom(bindings, "check the access key and its secret");
  return right(`from ${keySource}`);
}

/** Whether OSS refused the access key itself. */
export function isKeyRefused(answer: unknown): answer is OssError {
  return isOssError(answer, ...KEY_REFUSED);
}

const KEY_REFUSED = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "SecurityTokenExpired", "InvalidSecurityToken"];
