import { voucherHeader } from '../domain/payout-voucher.ts'

/** What is heeded of a contributor's headers; whatever else it says is not even kept. */
export type AnswerHeaders = {
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly date: string | undefined
  readonly retryAfter: string | undefined
  readonly retryAfterMs: string | undefined
  /** `x-vouch-work` of an answer in one piece. */
  readonly encodedWork: string | undefined
  readonly shownVoucher: string | undefined
}

/** By the names in lower case. */
export const heededNames: ReadonlyMap<string, keyof AnswerHeaders> = new Map([
  ['content-type', 'contentType'],
  ['content-encoding', 'contentEncoding'],
  ['date', 'date'],
  ['retry-after', 'retryAfter'],
  ['retry-after-ms', 'retryAfterMs'],
  ['x-vouch-work', 'encodedWork'],
  [voucherHeader, 'shownVoucher'],
])

/** Each where its reader fills it in: every answer's headers have one shape. */
export const noHeaders = (): { -readonly [name in keyof AnswerHeaders]: AnswerHeaders[name] } => ({
  contentType: undefined,
  contentEncoding: undefined,
  date: undefined,
  retryAfter: undefined,
  retryAfterMs: undefined,
  encodedWork: undefined,
  shownVoucher: undefined,
})

/** As Node reads headers; of one that came several times the first counts. */
export function heedHeaders(
  read: Readonly<Record<string, string | readonly string[] | undefined>>,
): AnswerHeaders {
  const headers = noHeaders()
  for (const [name, member] of heededNames) {
    const value = read[name]
    headers[member] = typeof value === 'string' ? value : value?.[0]
  }
  return headers
}
