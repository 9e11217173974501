/** A value as x402 puts it into a header: base64 of its JSON. */
export const encodeJsonHeader = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64')
