import { createAuthority } from "../test/support/certificates";

/** What makes the files of a new certificate for all domains under example.com, of one authority. */
export async function createPairs(): Promise<() => Promise<{ "chain.pem": string; "key.pem": string }>> {
  const authority = await createAuthority();
  return async () => {
    const { chain, privateKey } = await authority.issue({ names: ["*.example.com"] });
    return { "chain.pem": chain, "key.pem": privateKey };
  };
}
