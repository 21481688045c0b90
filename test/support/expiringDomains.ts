import type { Cloud } from "../../local/cloud";
import { createAuthority } from "./certificates";

const DAY_MS = 86_400_000;

/** Binds domains whose certificates have so many days left, or have expired so many days ago. */
export async function bindExpiring(
  cloud: Cloud,
  domains: readonly (readonly [domain: string, bucket: string, days: number])[],
): Promise<void> {
  const authority = await createAuthority();
  for (const [domain, bucket, days] of domains) {
    const { certificate } = await authority.issue({
      names: [domain],
      validFrom: new Date(Date.now() - 90 * DAY_MS),
      // In the middle of a day, so that the tests may take a while.
      validTo: new Date(Date.now() + (days + 0.5) * DAY_MS),
    });
    cloud.inConsole.moveBinding(domain, bucket);
    cloud.inConsole.replaceCertificate(domain, { certificate });
  }
}
