/** Queries for programs: they ask with the stack's own credentials, and where nothing else is said in its region. */
import * as pulumi from "@pulumi/pulumi";
import { programState } from "../programState";
import type { GetCnameTokenArgs, GetCnameTokenResult, ListCnamesArgs, ListCnamesResult } from "./query";
import { queryCnames, queryCnameToken } from "./query";

/** The valid token of a domain. Without one it fails with an `OssError` CnameTokenNotFound: this never makes one. */
export async function getCnameToken(args: GetCnameTokenArgs): Promise<GetCnameTokenResult> {
  const { xml: _, ...result } = await queryCnameToken(programState.run, args);
  return result;
}

/** All domains bound to a bucket. */
export async function listCnames(args: ListCnamesArgs): Promise<ListCnamesResult> {
  const { xml: _, ...result } = await queryCnames(programState.run, args);
  return result;
}

/** `getCnameToken` with outputs of resources as arguments. */
export function getCnameTokenOutput(args: Inputs<GetCnameTokenArgs>): pulumi.Output<GetCnameTokenResult> {
  return pulumi.output(args).apply((known) => getCnameToken(known as GetCnameTokenArgs));
}

/** `listCnames` with outputs of resources as arguments. */
export function listCnamesOutput(args: Inputs<ListCnamesArgs>): pulumi.Output<ListCnamesResult> {
  return pulumi.output(args).apply((known) => listCnames(known as ListCnamesArgs));
}

/** The same arguments, each perhaps the output of a resource. */
type Inputs<Args> = { readonly [Key in keyof Args]: pulumi.Input<Args[Key]> };
