import { Refusal } from "../../refusal";
import { type OssOperation, tokenReply } from "./operation";

export const getCnameToken: OssOperation = ({ world, bucket, domain }) => {
  const token = world.tokenOf(bucket.name, domain);
  if (token) return tokenReply(token);
  const extras = { EC: "0018-00000301", Bucket: bucket.name, Cname: domain };
  throw new Refusal(404, "CnameTokenNotFound", "The cname token does not exist or has expired.", extras);
};
