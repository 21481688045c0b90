import type { HttpReply } from "../http";
import type { OssClient, OssRequest } from "./client";
import { isOssError } from "./error";
import { checkOrigin } from "./operations";

/** Writes a small text object, over one that is there. `isPublic`: everybody may read it. */
async function putObject(
  client: OssClient,
  bucket: string,
  key: string,
  body: string,
  { isPublic }: { readonly isPublic: boolean },
): Promise<void> {
  const headers = { "content-type": "text/plain", ...(isPublic && { "x-oss-object-acl": "public-read" }) };
  await send(client, { ...request("PutObject", "PUT", bucket, key), body, headers });
}

/** The content of a text object; `undefined` where there is none. */
async function getObject(client: OssClient, bucket: string, key: string): Promise<string | undefined> {
  try {
    return (await send(client, request("GetObject", "GET", bucket, key))).body;
  } catch (error) {
    if (isOssError(error, "NoSuchKey")) return undefined;
    throw error;
  }
}

/** Deletes an object. One that is not there counts as deleted. */
async function deleteObject(client: OssClient, bucket: string, key: string): Promise<void> {
  await send(client, request("DeleteObject", "DELETE", bucket, key));
}

/** The operations of OSS on objects, by their names in its API. */
export const objects = { putObject, getObject, deleteObject };

async function send(client: OssClient, call: OssRequest): Promise<HttpReply> {
  const reply = await client.send(call);
  checkOrigin(call, reply);
  return reply;
}

function request(operation: string, method: OssRequest["method"], bucket: string, key: string): OssRequest {
  return { operation, method, bucket, key, query: "" };
}
