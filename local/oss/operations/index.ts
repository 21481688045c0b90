import { createCnameToken } from "./createCnameToken";
import { deleteCname } from "./deleteCname";
import { getCnameToken } from "./getCnameToken";
import { listCname } from "./listCname";
import type { OssOperation } from "./operation";
import { putCname } from "./putCname";

/** The operations on custom domains, by HTTP method and `comp` parameter. */
export const OSS_OPERATIONS: Readonly<Record<string, { readonly name: string; readonly perform: OssOperation }>> = {
  "GET ": { name: "ListCname", perform: listCname },
  "GET token": { name: "GetCnameToken", perform: getCnameToken },
  "POST token": { name: "CreateCnameToken", perform: createCnameToken },
  "POST add": { name: "PutCname", perform: putCname },
  "POST delete": { name: "DeleteCname", perform: deleteCname },
};
