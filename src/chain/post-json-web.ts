/* The twin of post-json.ts for browsers, which tell nobody what happened to a socket. */
import type * as node from './post-json.ts'

export const postJson: typeof node.postJson = async (url, json, timeoutMs) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: json,
    signal: AbortSignal.timeout(timeoutMs),
  })
  return response.text()
}
