/*
 * Lending over a real store of contributors, without a chain and without a service: a test says what a try of a key shows.
 */
import { randomBytes } from 'node:crypto'
import { ok, type Result } from '../../src/base/result.ts'
import { agreementDomain } from '../../src/chain/fx-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { type LendingPlace, lendKeyBody } from '../../src/client/lending-orders.ts'
import { readLentTerms } from '../../src/config-entries.ts'
import type { Contributor } from '../../src/domain/contributor.ts'
import { address, atomic } from '../../src/domain/units.ts'
import { ContributorRoster } from '../../src/joining/contributor-roster.ts'
import {
  createLendingStep,
  type LendingPolicy,
  type LendingStep,
  type LendOrder,
} from '../../src/joining/lending-step.ts'
import { createApiKeySeal } from '../../src/store/api-key-seal.ts'
import type { ContributorStore } from '../../src/store/contributor-store.ts'
import { isGuardedHost } from '../../src/upstream/guarded-lookup.ts'
import { contributorOf } from './routing.ts'

export const lendingPlace: LendingPlace = {
  gateway: address(`0x${'6a'.repeat(20)}`),
  chainId: 31337,
  registry: address(`0x${'7b'.repeat(20)}`),
}
export const payoutAddress = address(`0x${'9a'.repeat(20)}`)
/** A second after the epoch's billionth: orders are dated from here. */
export const lendingNowMs = 1_000_000_001_000

const price = {
  promptAtomicPerMtok: atomic(50_000n),
  cachedPromptAtomicPerMtok: atomic(50_000n),
  completionAtomicPerMtok: atomic(100_000n),
}
export const openPolicy: LendingPolicy = {
  isOpen: true,
  needsApproval: false,
  urls: {
    allowHttp: false,
    allowPrivateNetworks: false,
    hosts: undefined,
    isPublicHost: isGuardedHost,
  },
  keysMax: 5,
  keysPerLenderMax: 3,
  models: [
    { id: 'm', upstreamId: 'm', ...price },
    { id: 'n', upstreamId: 'n', ...price },
  ],
  feeBps: 1_000,
}

export type LendingRig = {
  readonly step: LendingStep
  readonly roster: ContributorRoster
  readonly seal: ReturnType<typeof createApiKeySeal>
  /** What was tried, in order. */
  readonly probed: { readonly baseUrl: string; readonly models: readonly string[] }[]
  readonly logged: string[]
  /** What a test changes on the way. */
  readonly now: { ms: number; probe: () => Promise<Result<void, string>>; isSettled: boolean }
  readonly applied: () => number
  readonly settled: () => number
}

export function lendingRig(
  store: ContributorStore,
  change: Partial<LendingPolicy> = {},
): LendingRig {
  const seal = createApiKeySeal([{ version: 1, secret: randomBytes(32) }])
  const probed: LendingRig['probed'] = []
  const logged: string[] = []
  const now: LendingRig['now'] = {
    ms: lendingNowMs,
    probe: async () => ok(undefined),
    isSettled: true,
  }
  let applied = 0
  let settled = 0
  const roster = new ContributorRoster({
    store,
    seal,
    contributorOf: (record, apiKey): Result<Contributor, string> =>
      ok({
        ...contributorOf({ id: record.contributorId }),
        baseUrl: record.baseUrl,
        authorization: apiKey && `Bearer ${apiKey}`,
      }),
    apply: () => {
      applied += 1
    },
    settle: async () => {
      settled += 1
      return now.isSettled
    },
    log: {
      info: (event) => void logged.push(event),
      error: (event) => void logged.push(event),
    },
  })
  const { gateway, chainId, registry } = lendingPlace
  const step = createLendingStep({
    gateway,
    domain: agreementDomain({ chainId, verifyingContract: registry }),
    nowMs: () => now.ms,
    policy: () => ({ ...openPolicy, ...change }),
    place: lendingPlace,
    roster,
    store,
    seal,
    readTerms: (text) => readLentTerms(text, 6),
    probe: (service) => {
      probed.push({ baseUrl: service.baseUrl, models: service.models })
      return now.probe()
    },
  })
  return { step, roster, seal, probed, logged, now, applied: () => applied, settled: () => settled }
}

export const lentTerms = (change: object = {}): string =>
  JSON.stringify({
    url: 'https://api.example.com/v1',
    keyId: 'main',
    models: [{ id: 'm' }],
    ...change,
  })

/** An order as the HTTP door reads it. */
export function lendOrder(
  change: {
    readonly terms?: string
    readonly apiKey?: string
    readonly walletKey?: PrivateKey
    readonly nowMs?: number
    readonly place?: LendingPlace
  } = {},
): LendOrder {
  const body = lendKeyBody(
    change.place ?? lendingPlace,
    {
      terms: change.terms ?? lentTerms(),
      apiKey: change.apiKey ?? 'sk-lent-planted',
      payout: payoutAddress,
    },
    { walletKey: change.walletKey ?? randomPrivateKey(), nowMs: change.nowMs ?? lendingNowMs },
  )
  return body as unknown as LendOrder
}
