import type { TestUpstream } from './gateway-on-ledger.ts'

export const lentKeyCount = 20
export const lentRequestsPerMinute = 3

/** Keys of one service that their owners lend, each with its own small limit. */
export const lentKeys = (baseUrl: string): readonly TestUpstream[] =>
  Array.from({ length: lentKeyCount }, (_, index) => ({
    id: `key${index}`,
    apiKey: `secret${index}`,
    baseUrl,
    limits: { requestsPerMinuteMax: lentRequestsPerMinute },
  }))
