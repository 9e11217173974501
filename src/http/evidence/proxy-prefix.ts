const prefix = '/v1/proxy/'
const own = '/v1/proxy/signature/'

/**
 * 0G's client has `{url}/v1/proxy` for the base of all that it asks: the same routes under another name. The signature alone
 * is another one there (retrieveProxySignature).
 */
export const withoutProxyPrefix = (url: string | undefined): string | undefined =>
  url?.startsWith(prefix) && !url.startsWith(own) ? `/v1/${url.slice(prefix.length)}` : url
