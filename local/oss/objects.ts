import type { HttpReply, HttpRequest } from "../http";
import { headerOf } from "../http";
import { Refusal } from "../refusal";
import { OBJECT_ACLS, type ObjectAcl, type StoredObject } from "../state";
import type { World } from "../world";

/** A request for an object of a bucket that exists. */
interface ObjectCall {
  readonly world: World;
  readonly bucket: string;
  readonly key: string;
  readonly request: HttpRequest;
  /** Whether the owner of the bucket has signed it. */
  readonly isOwner: boolean;
  /** Whether it came by a custom domain, and so by plain HTTP. */
  readonly byDomain: boolean;
}

interface ObjectOperation {
  readonly name: string;
  readonly perform: (call: ObjectCall) => HttpReply;
}

/** The operations on small text objects, by HTTP method. */
export const OBJECT_OPERATIONS: Readonly<Record<string, ObjectOperation>> = {
  PUT: {
    name: "PutObject",
    perform(call) {
      const { world, bucket, key, request } = call;
      refuseWay(call);
      if (!call.isOwner) throw denied("Anonymous access is forbidden for this operation.");
      const acl = aclOf(request);
      if (isPublic(acl) && world.switches.blockPublicAccess)
        throw denied("Put public object acl is not allowed", "0016-00000901");
      const contentType = headerOf(request, "content-type") ?? "application/octet-stream";
      world.putObject({ bucket, key, acl, contentType, content: request.body.toString() });
      return { status: 200 };
    },
  },
  GET: {
    name: "GetObject",
    perform(call) {
      const object = call.world.objectOf(call.bucket, call.key);
      refuseWay(call);
      if (!call.isOwner) refuseVisitor(call, object);
      if (object) return { status: 200, headers: { "content-type": object.contentType }, body: object.content };
      const extras = { EC: "0026-00000001", Key: call.key };
      throw new Refusal(404, "NoSuchKey", "The specified key does not exist.", extras);
    },
  },
  DELETE: {
    name: "DeleteObject",
    perform(call) {
      refuseWay(call);
      if (!call.isOwner) throw denied("Anonymous access is forbidden for this operation.");
      call.world.deleteObject(call.bucket, call.key);
      return { status: 204 };
    },
  },
};

/** Refuses by the way that a request has come. */
function refuseWay({ world, byDomain, request }: ObjectCall): void {
  const { publicEndpointForbidden, plainHttpDenied } = world.switches;
  const isInternal = /-internal\.aliyuncs\.com(:\d+)?$/i.test(request.headers.host ?? "");
  if (publicEndpointForbidden && !byDomain && !isInternal) {
    const message = "The public endpoint is not allowed for this operation: use a custom domain instead.";
    throw new Refusal(400, "PublicEndpointForbidden", message, { EC: "0048-00000401" });
  }
  if (plainHttpDenied && byDomain) throw denied("Access denied by bucket policy.");
}

/** Nobody but the owner knows whether there is an object that he may not read. */
function refuseVisitor({ world }: ObjectCall, object: StoredObject | undefined): void {
  const { blockPublicAccess, bucketAcl } = world.switches;
  const acl = object === undefined || object.acl === "default" ? bucketAcl : object.acl;
  if (!isPublic(acl) || blockPublicAccess)
    throw denied("You have no right to access this object because of bucket acl.");
}

function aclOf(request: HttpRequest): ObjectAcl {
  const sent = headerOf(request, "x-oss-object-acl") ?? "default";
  const acl = OBJECT_ACLS.find((known) => known === sent);
  if (acl) return acl;
  throw new Refusal(400, "InvalidArgument", `The x-oss-object-acl ${sent} is not an ACL.`, { EC: "0017-00000105" });
}

function isPublic(acl: string): boolean {
  return acl.startsWith("public-");
}

function denied(message: string, EC = "0003-00000001"): Refusal {
  return new Refusal(403, "AccessDenied", message, { EC });
}
