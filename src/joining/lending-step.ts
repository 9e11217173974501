/*
 * What lenders of API keys ask and order. An order is taken once, before anything is done for it: what it makes the gateway
 * do, such as a try of the key, cannot be had again by sending it again.
 */
import { lentKeyProbesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import { type LendKeyOrder, lendKeyDigest } from '../chain/lending-typed-data.ts'
import type { ContributorBook, ContributorRecord } from '../domain/contributor-record.ts'
import type { LentTerms } from '../domain/lent-terms.ts'
import { objectionToAge } from '../domain/order-age.ts'
import type { LendingRefusal } from '../domain/refusal.ts'
import { type Address, bytes32, zeroAddress } from '../domain/units.ts'
import { contributorIdOf } from '../store/contributor-store.ts'
import type { RosterEntry } from './contributor-roster.ts'
import {
  type LentUrlRules,
  type ListedModel,
  lentModelsOf,
  objectionToLentUrl,
} from './judge-lent-terms.ts'
import { askingLender, isSignedBy, withdrawingLender } from './lender-orders.ts'
import {
  atMostAtOnce,
  type OrderDeps,
  type OrderFailure,
  objectionToApiKey,
  objectionToReplay,
  objectionToSize,
  orStoreRefusal,
  type Signed,
} from './order-rules.ts'
import { renewRecord } from './renew-record.ts'

/** What the operator takes, and from whom. It may be another one after the configuration was read again. */
export type LendingPolicy = {
  readonly isOpen: boolean
  readonly needsApproval: boolean
  readonly urls: LentUrlRules
  readonly keysMax: number
  readonly keysPerLenderMax: number
  readonly models: readonly ListedModel[]
  /** What the gateway keeps of what an answer costs, in hundredths of a percent. */
  readonly feeBps: number
}

export type LendOrder = Signed<Omit<LendKeyOrder, 'gateway' | 'apiKeyHash'>> & {
  readonly apiKey: string
}

export type LendingStep = {
  readonly policy: () => LendingPolicy
  /** Of what orders are signed for. */
  readonly place: LendingPlace
  readonly register: (order: LendOrder) => Promise<Result<RosterEntry, LendingFailure>>
  /** Everything that the asking wallet has lent. */
  readonly keys: (
    authorization: string | undefined,
  ) => Promise<Result<readonly RosterEntry[], LendingFailure>>
  /** Ends one; resolves when no gateway on this store that is alive asks it a second later. */
  readonly withdraw: (
    contributorId: string,
    authorization: string | undefined,
  ) => Promise<Result<RosterEntry, LendingFailure>>
}

type LendingPlace = {
  readonly gateway: Address
  readonly chainId: number
  readonly registry: Address
}

type LendingFailure = OrderFailure | LendingRefusal

export type LendingDeps = OrderDeps & {
  readonly policy: () => LendingPolicy
  readonly place: LendingPlace
  readonly readTerms: (text: string) => Result<LentTerms, string>
  /** Tries a key at its service. The error is one line that tells nothing of what the service said. */
  readonly probe: (service: {
    readonly baseUrl: string
    readonly apiKey: string
    readonly models: readonly string[]
  }) => Promise<Result<void, string>>
}

export function createLendingStep(deps: LendingDeps): LendingStep {
  const tryOne = atMostAtOnce(lentKeyProbesMax)
  const register = async (order: LendOrder): Promise<Result<RosterEntry, LendingFailure>> => {
    const judged = judgeOrder(deps, order)
    if (!judged.ok) return judged
    const lent = judged.value
    const full = objectionToCount(deps, lent.record, deps.roster.current.entries)
    if (full !== undefined) return err(full)
    return tryOne<RosterEntry, LendingFailure>(async () => {
      const replayed = await objectionToReplay(deps, { ...order, digest: lent.digest })
      if (replayed !== undefined) return err(replayed)
      const { baseUrl } = lent.record
      const probed = await deps.probe({ baseUrl, apiKey: order.apiKey, models: lent.models })
      if (!probed.ok) return err({ reason: 'lent_key_unusable', detail: probed.error })
      return keep(deps, lent.record)
    })
  }
  return {
    policy: deps.policy,
    place: deps.place,
    register: (order) => orStoreRefusal(() => register(order)),
    keys: async (authorization) => {
      const lender = askingLender(deps, authorization)
      if (!lender.ok) return lender
      const entries = [...deps.roster.current.entries.values()]
      return ok(entries.filter(({ record }) => record.lender?.wallet === lender.value))
    },
    withdraw: (contributorId, authorization) =>
      orStoreRefusal(() => withdraw(deps, contributorId, authorization)),
  }
}

type Judged = {
  readonly record: ContributorRecord
  readonly digest: ReturnType<typeof lendKeyDigest>
  /** The models' names at the service. */
  readonly models: readonly string[]
}

/** Everything that can be said of an order without asking anybody; cheapest first, the signature last. */
function judgeOrder(deps: LendingDeps, order: LendOrder): Result<Judged, LendingFailure> {
  const { gateway, domain, seal } = deps
  const policy = deps.policy()
  if (!policy.isOpen) return err({ reason: 'lending_closed' })
  if (seal === undefined) return err({ reason: 'key_secret_missing' })
  const late = objectionToAge(order.validUntil, deps.nowMs())
  if (late !== undefined) return err(late)
  const malformed = objectionToForm(order)
  if (malformed !== undefined) return err(malformed)
  const terms = judgeTerms(deps, policy, order.terms)
  if (!terms.ok) return terms
  const { lender, payout, apiKey } = order
  const apiKeyHash = bytes32(`0x${sha256Hex(apiKey)}`)
  const digest = lendKeyDigest(domain, { ...order, gateway, apiKeyHash })
  if (!isSignedBy(lender, { digest, signature: order.signature })) {
    return err({ reason: 'lender_signature_invalid' })
  }
  const { baseUrl, models } = terms.value
  // Two wallets that name their keys alike at one service are two contributors.
  const keyId = `${lender}/${terms.value.keyId}`
  const contributorId = contributorIdOf(baseUrl, keyId)
  const nowMs = deps.nowMs()
  const record: ContributorRecord = {
    contributorId,
    baseUrl,
    keyId,
    definition: order.terms,
    sealedKey: seal.seal(apiKey, { contributorId, baseUrl }),
    status: policy.needsApproval ? 'pending' : 'live',
    lender: { wallet: lender, payout },
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  }
  return ok({ record, digest, models: models.map(({ upstreamId }) => upstreamId) })
}

function objectionToForm({ apiKey, payout, terms }: LendOrder): LendingFailure | undefined {
  if (payout === zeroAddress) {
    return { reason: 'invalid_value', param: 'payout', expected: 'an address that can be paid' }
  }
  return objectionToApiKey(apiKey) ?? objectionToSize(terms)
}

function judgeTerms(
  deps: Pick<LendingDeps, 'readTerms'>,
  policy: LendingPolicy,
  text: string,
): Result<LentTerms, LendingRefusal> {
  const unacceptable = (detail: string) =>
    err({ reason: 'lent_terms_unacceptable', detail } as const)
  const terms = deps.readTerms(text)
  if (!terms.ok) return unacceptable(terms.error)
  const objection = objectionToLentUrl(terms.value.baseUrl, policy.urls)
  if (objection !== undefined) return unacceptable(objection)
  const models = lentModelsOf(terms.value, policy.models)
  return models.ok ? terms : unacceptable(models.error)
}

/** A key that takes the place of one that is there needs no room. */
function objectionToCount(
  { policy }: Pick<LendingDeps, 'policy'>,
  record: ContributorRecord,
  known: ReadonlyMap<string, { readonly record: ContributorRecord }>,
): LendingRefusal | undefined {
  if (known.has(record.contributorId)) return undefined
  const lenders = [...known.values()].flatMap((entry) => entry.record.lender ?? [])
  const own = lenders.filter(({ wallet }) => wallet === record.lender?.wallet)
  const { keysMax, keysPerLenderMax } = policy()
  if (own.length >= keysPerLenderMax) {
    return { reason: 'lent_keys_exhausted', keysMax: keysPerLenderMax }
  }
  return lenders.length >= keysMax ? { reason: 'lent_keys_exhausted', keysMax } : undefined
}

async function keep(
  deps: LendingDeps,
  fresh: ContributorRecord,
): Promise<Result<RosterEntry, LendingFailure>> {
  const { contributorId } = fresh
  const kept = await deps.roster.change<LendingRefusal | undefined>((book) => {
    const full = objectionToCount(deps, fresh, entriesOf(book))
    if (full !== undefined) return { outcome: full }
    const records = new Map([[contributorId, renewRecord(book, fresh)]])
    return { outcome: undefined, records }
  })
  if (kept !== undefined) return err(kept)
  return foundIn(deps, contributorId)
}

const entriesOf = (book: ContributorBook) =>
  new Map([...book.records].map(([id, record]) => [id, { record }]))

/** It was there a moment ago; somebody else may have removed it since. */
function foundIn(
  { roster }: Pick<LendingDeps, 'roster'>,
  contributorId: string,
): Result<RosterEntry, LendingRefusal> {
  const entry = roster.current.entries.get(contributorId)
  return entry === undefined ? err({ reason: 'lent_key_not_found' }) : ok(entry)
}

async function withdraw(
  deps: LendingDeps,
  contributorId: string,
  authorization: string | undefined,
): Promise<Result<RosterEntry, LendingFailure>> {
  const proven = withdrawingLender(deps, { authorization, contributorId })
  if (!proven.ok) return proven
  const { order, digest } = proven.value
  const entry = deps.roster.current.entries.get(contributorId)
  // Whether somebody else has lent such a key is nobody's business.
  if (entry?.record.lender?.wallet !== order.lender) return err({ reason: 'lent_key_not_found' })
  const replayed = await objectionToReplay(deps, { ...order, digest })
  if (replayed !== undefined) return err(replayed)
  // What the operator said of it stays: nobody gets rid of a drain by lending anew.
  await deps.roster.change(() => ({
    outcome: undefined,
    records: new Map([[contributorId, undefined]]),
  }))
  return ok(entry)
}
