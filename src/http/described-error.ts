/** How a refusal is told: status, OpenAI's error type and headers; the message; what differs from the reason itself. */
export type Described = readonly [
  kind: ErrorKind,
  message: string,
  own?: { readonly param?: string; readonly code?: string },
]

export type ErrorKind = readonly [
  status: number,
  type: string,
  headers?: Readonly<Record<string, string>>,
]

export const sdkMustNotRetry: Readonly<Record<string, string>> = { 'x-should-retry': 'false' }

export const badRequest: ErrorKind = [400, 'invalid_request_error']
export const apiError: ErrorKind = [502, 'api_error']

/** A caller's own text comes back in messages: bounded, and without control characters that a terminal would obey. */
export const printable = (text: string): string => text.slice(0, 128).replace(/\p{Cc}/gu, '?')
