import OpenApiClient, { $OpenApiUtil } from "@alicloud/openapi-core";

/** One call of the official client to an emulator: an action of a service's version, with parameters in the query or a form. */
export async function callOfficially(
  at: { readonly url: string; readonly version: string },
  action: string,
  parameters: { readonly query?: Record<string, string>; readonly body?: Record<string, string> },
  config: Partial<$OpenApiUtil.Config> = {},
): Promise<{ [name: string]: unknown }> {
  const client = new OpenApiClient(
    new $OpenApiUtil.Config({
      accessKeyId: "ak",
      accessKeySecret: "sk",
      endpoint: at.url.replace("http://", ""),
      protocol: "http",
      ...config,
    }),
  );
  const params = new $OpenApiUtil.Params({
    action,
    version: at.version,
    protocol: "HTTP",
    pathname: "/",
    method: "POST",
    authType: "AK",
    style: "RPC",
    reqBodyType: "formData",
    bodyType: "json",
  });
  const request = new $OpenApiUtil.OpenApiRequest(parameters);
  const { body } = await client.callApi(params, request, {} as Parameters<OpenApiClient["callApi"]>[2]);
  return body;
}

/** The code with which a call is refused; undefined for one that succeeds. */
export function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );
}
