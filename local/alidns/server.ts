import { type RpcService, startRpcService } from "../acs3/service";
import type { HttpServer } from "../http";
import type { World } from "../world";
import { ALIDNS_OPERATIONS } from "./operations";

/** Starts the record operations of Alidns 2015-01-09, on the zones of the name server. */
export function startAlidns(world: World): Promise<HttpServer> {
  return startRpcService(world, ALIDNS);
}

const ALIDNS: RpcService = {
  name: "alidns",
  product: "Alidns",
  version: "2015-01-09",
  operations: ALIDNS_OPERATIONS,
  logged: ({ DomainName = null, RecordId, RR, Type, Value }) => ({
    domain: DomainName,
    recordId: RecordId,
    rr: RR,
    type: Type,
    value: Value,
  }),
};
