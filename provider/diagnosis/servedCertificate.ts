import { connect } from "node:tls";
import { splitHostPort } from "../dns/serverAddress";

export interface ServedCertificate {
  /** SHA-1, upper-case hex with colons. */
  readonly fingerprint: string;
  readonly validTo: Date;
}

/**
 * The certificate that a web server presents for a domain (SNI). It is not verified: an expired or self-signed one is
 * an answer too.
 *
 * @param connectTo `host:port` of the server; default: the domain, port 443
 */
export function servedCertificate(domain: string, connectTo?: string): Promise<ServedCertificate> {
  const { host, port } = connectTo === undefined ? { host: domain, port: 443 } : splitHostPort(connectTo);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: domain, rejectUnauthorized: false }, () => {
      const { fingerprint, valid_to } = socket.getPeerCertificate();
      resolve({ fingerprint, validTo: new Date(valid_to) });
      socket.destroy();
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    socket.on("error", reject);
  });
}

const TIMEOUT_MS = 5000;
