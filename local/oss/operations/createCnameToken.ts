import { Refusal } from "../../refusal";
import { checkDomain, type OssOperation, tokenReply } from "./operation";

export const createCnameToken: OssOperation = ({ world, bucket, domain }) => {
  checkDomain(domain);
  const binding = world.bindings.get(domain);
  if (binding && (binding.bucket === bucket.name || world.switches.tokenWhileBoundElsewhere === "refuse")) {
    const extras = { EC: "0018-00000302", Bucket: bucket.name, Cname: domain };
    throw new Refusal(403, "NoNeedCreateCnameToken", "The cname is bound: it needs no token.", extras);
  }
  const { tokensPerBucket } = world.switches;
  const isFull = () => world.validTokens().filter((token) => token.bucket === bucket.name).length >= tokensPerBucket;
  if (!world.tokenOf(bucket.name, domain) && world.tokens.size >= tokensPerBucket && isFull())
    throw new Refusal(400, "TooManyCnameToken", "The bucket has reached its limit of cname tokens.");
  return tokenReply(world.issueToken(bucket.name, domain));
};
