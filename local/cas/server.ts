import { type RpcService, startRpcService } from "../acs3/service";
import { sha256 } from "../certificates";
import type { HttpServer } from "../http";
import type { World } from "../world";
import { CAS_OPERATIONS } from "./operations";

/** Starts the operations of Certificate Management 2020-04-07 on uploaded certificates. */
export function startCas(world: World): Promise<HttpServer> {
  return startRpcService(world, CAS);
}

const CAS: RpcService = {
  name: "cas",
  product: "cas",
  version: "2020-04-07",
  operations: CAS_OPERATIONS,
  logged: ({ CertId, Cert }) => ({
    certificate: { certId: CertId, certificateDigest: Cert === undefined ? undefined : sha256(Cert) },
  }),
};
