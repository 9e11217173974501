/*
 * Joining over a real store of contributors, without a chain and without a server: a test says what the registry has, and what
 * a try of a URL shows.
 */
import { randomBytes } from 'node:crypto'
import { err, ok, type Result } from '../../src/base/result.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import {
  joinPoolDigest,
  leavePoolDigest,
  standingQueryDigest,
} from '../../src/chain/joining-typed-data.ts'
import type { MemberStanding } from '../../src/chain/member-standing.ts'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { joinedContributorOf } from '../../src/cli/joined-contributor.ts'
import { soonS, vouchHeader } from '../../src/client/signed-order.ts'
import type { GatewayConfig } from '../../src/config.ts'
import { readJoiningTerms } from '../../src/config-entries.ts'
import { closedJoining, type JoiningConfig } from '../../src/config-joining.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { ContributorRoster } from '../../src/joining/contributor-roster.ts'
import {
  createJoiningStep,
  type JoiningPolicy,
  type JoiningStep,
  type JoinOrder,
} from '../../src/joining/joining-step.ts'
import { createApiKeySeal } from '../../src/store/api-key-seal.ts'
import type { ContributorStore } from '../../src/store/contributor-store.ts'
import { isGuardedHost } from '../../src/upstream/guarded-lookup.ts'

/** A second after the epoch's billionth: orders are dated from here. */
export const joiningNowMs = 1_000_000_001_000
export const joiningPlace = {
  gateway: address(`0x${'6a'.repeat(20)}`),
  chainId: 31337,
  verifyingContract: address(`0x${'4e'.repeat(20)}`),
}
export const weights = (digits: string): Bytes32 => bytes32(`0x${digits.repeat(32)}`)

const price = {
  promptAtomicPerMtok: atomic(50_000n),
  cachedPromptAtomicPerMtok: atomic(50_000n),
  completionAtomicPerMtok: atomic(100_000n),
}
/** `pinned` is served with the weights 11…, `named` with whatever; the file serves `filed` with 22… */
export const openJoiningConfig: JoiningConfig = {
  ...closedJoining,
  isOpen: true,
  needsApproval: false,
  contributorsMax: 3,
  models: [
    { id: 'pinned', modelId: weights('11'), tokenizer: undefined, ...price },
    { id: 'named', modelId: undefined, tokenizer: undefined, ...price },
  ],
  anyModel: price,
}

/** What the registry has of one operator. */
export type Standing = { -readonly [K in keyof MemberStanding]: MemberStanding[K] }

export type JoiningRig = {
  readonly step: JoiningStep
  readonly roster: ContributorRoster
  readonly registry: Map<Address, Standing>
  /** What was tried, in order. */
  readonly probed: { readonly baseUrl: string; readonly apiKey: string | undefined }[]
  /** How often the chain was asked. */
  readonly asked: () => number
  /** What a test changes on the way. */
  readonly now: { ms: number; isChainGone: boolean; probe: () => Promise<Result<void, string>> }
}

export function joiningRig(
  store: ContributorStore,
  change: Partial<JoiningConfig> = {},
): JoiningRig {
  const seal = createApiKeySeal([{ version: 1, secret: randomBytes(32) }])
  const joining = { ...openJoiningConfig, ...change }
  const config = {
    chain: { assetDecimals: 6, asset: address(`0x${'a5'.repeat(20)}`) },
    gateway: { operator: joiningPlace.gateway },
    upstreams: [],
    joining,
  } as unknown as GatewayConfig
  const registry: JoiningRig['registry'] = new Map()
  const probed: JoiningRig['probed'] = []
  const now: JoiningRig['now'] = {
    ms: joiningNowMs,
    isChainGone: false,
    probe: async () => ok(undefined),
  }
  let asked = 0
  const standingOf = (operator: Address) => registry.get(operator)
  const readTerms = (text: string) => readJoiningTerms(text, 6)
  const roster = new ContributorRoster({
    store,
    seal,
    contributorOf: (record, apiKey) =>
      record.joined === undefined
        ? err('not joined')
        : joinedContributorOf(
            config,
            { ...record, joined: record.joined },
            { apiKey, readTerms, standingOf, nowMs: now.ms },
          ),
    apply: () => {},
    settle: async () => true,
    log: { info: () => {}, error: () => {} },
  })
  const policy: JoiningPolicy = {
    ...joining,
    urls: { ...joining.urls, isPublicHost: isGuardedHost },
    names: new Map([['filed', weights('22')]]),
    operators: new Set([listedOperator]),
  }
  const { gateway, chainId, verifyingContract } = joiningPlace
  const step = createJoiningStep({
    ...{ gateway, roster, store, seal },
    domain: contributorDomain({ chainId, verifyingContract }),
    nowMs: () => now.ms,
    policy: () => policy,
    watch: {
      standingOf,
      ask: async ({ operator, keys }) => {
        asked += 1
        if (now.isChainGone) {
          return err({ reason: 'chain_unreachable', origin: 'http://node', detail: 'gone' })
        }
        const standing = registry.get(operator)
        return ok({
          isServing: standing?.isServing ?? false,
          keys: (standing?.keys ?? []).filter(({ key }) => keys.includes(key)),
          payout: standing?.payout,
        })
      },
    },
    readTerms,
    probe: (service) => {
      probed.push(service)
      return now.probe()
    },
  })
  return { step, roster, registry, probed, now, asked: () => asked }
}

/** An operator that the file names. */
export const listedOperator = address(`0x${'f1'.repeat(20)}`)

export type RigMember = {
  readonly operator: Address
  readonly operatorKey: PrivateKey
  readonly signingKey: PrivateKey
}

/** Registered, staked, with one key and a payout of its own. */
export function registerMember({ registry }: Pick<JoiningRig, 'registry'>): RigMember {
  const [operatorKey, signingKey] = [randomPrivateKey(), randomPrivateKey()]
  const operator = addressOfPrivateKey(operatorKey)
  registry.set(operator, {
    isServing: true,
    keys: [activeKey(signingKey)],
    payout: {
      chainId: 31337,
      token: address(`0x${'a5'.repeat(20)}`),
      receiver: operator,
      minWithdrawDelay: 900,
      nonce: 1,
    },
  })
  return { operator, operatorKey, signingKey }
}

export const activeKey = (key: PrivateKey, activeFromS = 1) => ({
  key: addressOfPrivateKey(key),
  activeFromS: unixSeconds(activeFromS),
})

export const offered = (change: object = {}): object => ({
  id: 'named',
  modelId: weights('33'),
  contextTokensMax: 4096,
  price: { promptPerMtok: '0.04', completionPerMtok: '0.08' },
  ...change,
})

export const joiningTerms = (change: object = {}): string =>
  JSON.stringify({ models: [offered()], ...change })

/** An order as the HTTP door reads it. */
export function joinOrder(
  { operator, signingKey }: Pick<RigMember, 'operator' | 'signingKey'>,
  change: {
    readonly terms?: string
    readonly apiKey?: string | undefined
    readonly nowMs?: number
    readonly validUntilS?: number
    readonly place?: Partial<typeof joiningPlace>
  } = {},
): JoinOrder {
  const { nowMs = joiningNowMs, apiKey } = change
  const place = { ...joiningPlace, ...change.place }
  const order = {
    terms: change.terms ?? joiningTerms(),
    contributor: operator,
    nonce: nowMs,
    validUntil: change.validUntilS === undefined ? soonS(nowMs) : unixSeconds(change.validUntilS),
  }
  const apiKeyHash = apiKey === undefined ? zeroBytes32 : bytes32(`0x${sha256Hex(apiKey)}`)
  const digest = joinPoolDigest(contributorDomain(place), {
    ...order,
    gateway: place.gateway,
    apiKeyHash,
  })
  return { ...order, apiKey, signature: signDigest(digest, signingKey) }
}

/** `Authorization` of a question, or of an order to leave. */
export function memberHeader(
  kind: 'ask' | 'leave',
  { operator, signingKey }: Pick<RigMember, 'operator' | 'signingKey'>,
  nowMs: number = joiningNowMs,
): string {
  const { gateway, ...place } = joiningPlace
  const query = { contributor: operator, validUntil: soonS(nowMs) }
  const domain = contributorDomain(place)
  if (kind === 'ask') {
    const digest = standingQueryDigest(domain, { ...query, gateway })
    return vouchHeader({ ...query, signature: signDigest(digest, signingKey) })
  }
  const order = { ...query, nonce: nowMs }
  const digest = leavePoolDigest(domain, { ...order, gateway })
  return vouchHeader({ ...order, signature: signDigest(digest, signingKey) })
}
