/*
 * A whole gateway over real sockets whose callers are limited, and whose clock a test moves: no test waits for a minute.
 */
import { expect } from 'vitest'
import { type LimitOverride, unlimited } from '../../src/domain/caller-limits.ts'
import type { CallerLimitsDesk } from '../../src/payment/caller-limits-desk.ts'
import { LimitOverrides } from '../../src/payment/caller-limits-overrides.ts'
import { openSqliteCallerLimits } from '../../src/store/caller-limits-store-sqlite.ts'
import { addApiKey } from './api-keys.ts'
import type { Answer } from './ask.ts'
import { callerLimits } from './caller-limits.ts'
import { startGatewayOnLedger, type TestGateway, testChannelId } from './gateway-on-ledger.ts'
import {
  answerWell,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './scripted-upstream.ts'

/** A key of the gateway's one channel. */
export type LimitedKey = {
  readonly origin: string
  readonly apiKey: string
  readonly apiKeyId: string
}

export type LimitedGateway = {
  readonly gateway: TestGateway
  readonly upstream: ScriptedUpstream
  readonly desk: CallerLimitsDesk
  readonly passMs: (ms: number) => void
  readonly limitedKey: (limits?: LimitOverride) => Promise<LimitedKey>
  readonly limitAccount: (limits: LimitOverride) => Promise<unknown>
  /** What is left of each limit of a key and its account. */
  readonly leftOf: (key: LimitedKey) => readonly number[]
  /** The upstream answers nobody before it is opened. */
  readonly gated: (script?: Script) => { readonly open: () => void }
  /** Resolves when so many have reached the upstream. */
  readonly arrived: (count: number) => Promise<void>
  readonly close: () => Promise<void>
}

export async function openLimitedGateway(): Promise<LimitedGateway> {
  let nowMs = Date.now()
  const clock = () => nowMs
  const upstream = await startScriptedUpstream(answerWell())
  const overrides = await LimitOverrides.open(openSqliteCallerLimits(':memory:'))
  const desk = callerLimits(unlimited, { overrides, nowMs: clock })
  const gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
    limits: desk,
    nowMs: clock,
  })
  return {
    gateway,
    upstream,
    desk,
    passMs: (ms) => {
      nowMs += ms
    },
    limitedKey: async (limits = {}) => {
      const { secret, apiKeyId } = await addApiKey(gateway)
      await desk.put({ kind: 'key', id: apiKeyId }, limits)
      return { origin: gateway.origin, apiKey: secret, apiKeyId }
    },
    limitAccount: (limits) => desk.put({ kind: 'account', id: testChannelId }, limits),
    leftOf: ({ apiKeyId }) => {
      const payer = { kind: 'api-key', apiKeyId, channelId: testChannelId } as const
      return desk.allowances(desk.limitsOf(payer) ?? []).map(({ remaining }) => remaining)
    },
    gated: (script = answerWell()) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      upstream.become(async (request, response) => {
        await promise
        await script(request, response)
      })
      return { open: resolve }
    },
    arrived: async (count) => {
      for (let one = 0; one < count; one += 1) await upstream.nextRequest()
      expect(upstream.requests).toHaveLength(count)
    },
    close: async () => {
      await gateway.stop()
      await overrides.close()
      await upstream.close()
    },
  }
}

/** Requests that are under way together. */
export function burst(count: number, askOne: (index: number) => Promise<Answer>) {
  const ended: Answer[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const all = Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const answer = await askOne(index)
      ended.push(answer)
      for (const one of waiting) if (ended.length >= one.count) one.resolve()
      return answer
    }),
  )
  /** Those that have ended once there are so many, while the others are at the upstream. Asked for before any has. */
  const refused = (refusedCount: number): Promise<readonly Answer[]> =>
    new Promise((resolve) => {
      waiting.push({ count: refusedCount, resolve: () => resolve(ended) })
    })
  return { all, refused }
}

export function statusesOf(answers: readonly Answer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

export const ratesOf = ({ headers }: Answer): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-ratelimit-')))
