/*
 * Contributors that join by themselves, by signed orders. Each order is judged cheapest first: what can be said of it by itself
 * comes before the signature, then the store takes it for good, and only then is the chain asked, and the contributor's own
 * server. An order is taken once, so that what it makes the gateway do cannot be had again by sending it again.
 *
 *        POST /v1/contributors                      an order of its own, or the operator's
 *   ABSENT --join--> JOINED (pending or live) --leave, remove--> ABSENT
 *                      |  ^ other terms: --join--
 *                      v  |
 *                    UNUSABLE while the registry or the configuration does not allow it (contributor-roster.ts)
 */
import { lentKeyProbesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type JoinPoolOrder, joinPoolDigest } from '../chain/joining-typed-data.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { activeKeysOf, type MemberStanding } from '../chain/member-standing.ts'
import { recoverSigner } from '../chain/signatures.ts'
import { addressWord, hashWord } from '../chain/typed-data.ts'
import type { ContributorRecord } from '../domain/contributor-record.ts'
import type { JoiningTerms } from '../domain/joining-terms.ts'
import { objectionToAge } from '../domain/order-age.ts'
import type { GatewayRefusal, JoiningRefusal } from '../domain/refusal.ts'
import { type Address, type Bytes32, bytes32, zeroBytes32 } from '../domain/units.ts'
import type { RosterEntry } from './contributor-roster.ts'
import { judgeJoiningTerms, type TakenModels } from './judge-joining-terms.ts'
import type { LentUrlRules } from './judge-lent-terms.ts'
import { askingMember, leavingMember } from './member-orders.ts'
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
import { namesBeside, placeFor } from './place-in-pool.ts'
import type { RegistryWatch } from './registry-watch.ts'
import { renewRecord } from './renew-record.ts'

/** What the operator takes, and from whom. It may be another one after the configuration was read again. */
export type JoiningPolicy = TakenModels & {
  readonly isOpen: boolean
  readonly needsApproval: boolean
  readonly urls: LentUrlRules
  readonly contributorsMax: number
  /** Operators that the configuration knows itself: they are changed there. */
  readonly operators: ReadonlySet<Address>
}

export type JoinOrder = Signed<Omit<JoinPoolOrder, 'gateway' | 'apiKeyHash'>> & {
  readonly apiKey: string | undefined
}

export type JoiningStep = {
  readonly policy: () => JoiningPolicy
  readonly join: (order: JoinOrder) => Promise<Result<RosterEntry, JoiningFailure>>
  /** The record of the contributor that asks. */
  readonly member: (authorization: string | undefined) => Result<RosterEntry, JoiningFailure>
  /** Resolves when no gateway on this store that is alive asks it a second later. Answers what it was. */
  readonly leave: (
    authorization: string | undefined,
  ) => Promise<Result<RosterEntry, JoiningFailure>>
}

type JoiningFailure = OrderFailure | JoiningRefusal

export type JoiningDeps = OrderDeps & {
  readonly policy: () => JoiningPolicy
  readonly watch: Pick<RegistryWatch, 'ask' | 'standingOf'>
  readonly readTerms: (text: string) => Result<JoiningTerms, string>
  /** Tries a server that the contributor named. The error is one line that tells nothing of what the server said. */
  readonly probe: (service: {
    readonly baseUrl: string
    readonly apiKey: string | undefined
  }) => Promise<Result<void, string>>
}

export function createJoiningStep(deps: JoiningDeps): JoiningStep {
  const { roster, watch, nowMs } = deps
  const admitOne = atMostAtOnce(lentKeyProbesMax)
  const memberTerms = {
    ...deps,
    keysOf: (operator: Address) => {
      const joined = roster.current.entries.get(operator)?.record.joined
      return joined && signingNow(joined.signingAddresses, watch.standingOf(operator), nowMs())
    },
  }
  const join = async (order: JoinOrder): Promise<Result<RosterEntry, JoiningFailure>> => {
    const judged = judgeOrder(deps, order)
    if (!judged.ok) return judged
    return admitOne(() => admit(deps, order, judged.value))
  }
  return {
    policy: deps.policy,
    join: (order) => orStoreRefusal(() => join(order)),
    member: (authorization) => {
      const member = askingMember(memberTerms, authorization)
      return member.ok ? foundIn(deps, member.value) : member
    },
    leave: (authorization) =>
      orStoreRefusal<RosterEntry, JoiningFailure>(async () => {
        const proven = leavingMember(memberTerms, authorization)
        if (!proven.ok) return proven
        const { order, digest } = proven.value
        const entry = foundIn(deps, order.contributor)
        if (!entry.ok) return entry
        const replayed = await objectionToReplay(deps, { ...order, digest })
        if (replayed !== undefined) return err(replayed)
        // What the operator said of it stays: nobody gets rid of a drain by joining anew.
        const gone = new Map([[order.contributor, undefined]])
        await roster.change(() => ({ outcome: undefined, records: gone }))
        return entry
      }),
  }
}

/** Where a contributor is that opens the connection itself. */
const tunnelUrlOf = (operator: Address): string => `tunnel://${operator}/v1`

/** Keys that joined for it and that may sign now, as far as that is known. */
export const signingNow = (
  joinedKeys: readonly Address[],
  standing: MemberStanding | undefined,
  nowMs: number,
): readonly Address[] => {
  const active = standing === undefined ? [] : activeKeysOf(standing, nowMs)
  return joinedKeys.filter((key) => active.includes(key))
}

type Judged = {
  readonly terms: JoiningTerms
  readonly signer: Address
  /** What the order is taken by: itself, and who signed it. */
  readonly digest: Bytes32
}

/** Everything that can be said of an order without asking anybody; cheapest first, the signature last. */
function judgeOrder(deps: JoiningDeps, order: JoinOrder): Result<Judged, JoiningFailure> {
  const policy = deps.policy()
  if (!policy.isOpen) return err({ reason: 'joining_closed' })
  const late = objectionToAge(order.validUntil, deps.nowMs())
  if (late !== undefined) return err(late)
  const { apiKey, contributor } = order
  const malformed =
    objectionToSize(order.terms) ?? (apiKey === undefined ? undefined : objectionToApiKey(apiKey))
  if (malformed !== undefined) return err(malformed)
  if (apiKey !== undefined && deps.seal === undefined) return err({ reason: 'key_secret_missing' })
  if (isListed(deps, contributor))
    return unacceptable('the operator of the gateway lists you itself')
  const terms = judgeTerms(deps, policy, order)
  if (!terms.ok) return terms
  const apiKeyHash = apiKey === undefined ? zeroBytes32 : bytes32(`0x${sha256Hex(apiKey)}`)
  const digest = joinPoolDigest(deps.domain, { ...order, gateway: deps.gateway, apiKeyHash })
  const signer = recoverSigner(digest, order.signature)
  if (signer === undefined) return err({ reason: 'contributor_signature_invalid' })
  return ok({ terms: terms.value, signer, digest: digestOfSigned(digest, signer) })
}

/** Whoever has seen an order must not be able to use it up with a signature of its own. */
const digestOfSigned = (digest: Bytes32, signer: Address): Bytes32 =>
  keccak256Hex(hashWord(digest) + addressWord(signer))

function judgeTerms(
  { readTerms, roster }: JoiningDeps,
  policy: JoiningPolicy,
  { terms: text, contributor, apiKey }: JoinOrder,
): Result<JoiningTerms, JoiningRefusal> {
  const terms = readTerms(text)
  if (!terms.ok) return unacceptable(terms.error)
  if (terms.value.url === undefined && apiKey !== undefined) {
    return unacceptable('apiKey: none without a url, because who dials in is not shown one')
  }
  const namesOfOthers = namesBeside(roster.current.entries, contributor)
  const taken = judgeJoiningTerms(terms.value, { ...policy, namesOfOthers })
  return taken.ok ? terms : unacceptable(taken.error)
}

/** Whoever the operator entered is changed by the operator. */
const isListed = ({ policy, roster }: JoiningDeps, contributor: Address): boolean =>
  policy().operators.has(contributor) ||
  [...roster.current.entries.values()].some(
    ({ record, contributor: known }) =>
      record.joined === undefined && known?.identity?.operator === contributor,
  )

const unacceptable = (detail: string) =>
  err({ reason: 'joining_terms_unacceptable', detail } as const)

/** Takes the order for good, and whoever sent it where chain and server bear it out. */
async function admit(
  deps: JoiningDeps,
  order: JoinOrder,
  { terms, signer, digest }: Judged,
): Promise<Result<RosterEntry, JoiningFailure>> {
  const { contributor, apiKey } = order
  const replayed = await objectionToReplay(deps, { ...order, digest })
  if (replayed !== undefined) return err(replayed)
  const before = deps.roster.current.entries.get(contributor)?.record.joined
  const keys = [...new Set([...(before?.signingAddresses ?? []), signer])]
  const standing = await deps.watch.ask({ operator: contributor, keys })
  if (!standing.ok) return err(unaskable(standing.error))
  const active = signingNow(keys, standing.value, deps.nowMs())
  if (!active.includes(signer)) return err({ reason: 'signing_key_not_active', signer })
  if (!standing.value.isServing) return err({ reason: 'contributor_not_serving' })
  if (terms.url !== undefined) {
    const probed = await deps.probe({ baseUrl: terms.url, apiKey })
    if (!probed.ok) return err({ reason: 'contributor_unreachable', detail: probed.error })
  }
  const kept = await keep(deps, recordOf(deps, order, { terms, keys: active }))
  return kept === undefined ? foundIn(deps, contributor) : err(kept)
}

/** Which node said what is the operator's business. */
const unaskable = (_: ChainFailure): GatewayRefusal => ({ reason: 'chain_unavailable' })

function recordOf(
  deps: JoiningDeps,
  { contributor, terms: definition, apiKey }: JoinOrder,
  { terms, keys }: { readonly terms: JoiningTerms; readonly keys: readonly Address[] },
): ContributorRecord {
  const place = { contributorId: contributor, baseUrl: terms.url ?? tunnelUrlOf(contributor) }
  const nowMs = deps.nowMs()
  return {
    ...place,
    keyId: contributor,
    definition,
    sealedKey: apiKey === undefined ? '' : (deps.seal?.seal(apiKey, place) ?? ''),
    status: deps.policy().needsApproval ? 'pending' : 'live',
    lender: undefined,
    joined: {
      operator: contributor,
      signingAddresses: keys,
      serves: terms.models.map(({ id, modelId }) => ({ id, modelId })),
    },
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  }
}

/** Decided on what the store has: somebody else may have taken the last place or a name meanwhile. */
async function keep(
  deps: JoiningDeps,
  fresh: ContributorRecord,
): Promise<JoiningRefusal | undefined> {
  const { contributorsMax, models } = deps.policy()
  const listed = new Set(models.map(({ id }) => id))
  const isGone = (operator: Address) => deps.watch.standingOf(operator)?.isServing === false
  return deps.roster.change<JoiningRefusal | undefined>((book) => {
    const place = placeFor(book, fresh, { contributorsMax, listed, isGone })
    if (!place.ok) return { outcome: place.error }
    const records = new Map([...place.value, [fresh.contributorId, renewRecord(book, fresh)]])
    return { outcome: undefined, records }
  })
}

/** It was there a moment ago; the operator may have removed it since. */
function foundIn(
  { roster }: Pick<JoiningDeps, 'roster'>,
  contributor: Address,
): Result<RosterEntry, JoiningRefusal> {
  const entry = roster.current.entries.get(contributor)
  return entry?.record.joined === undefined ? err({ reason: 'contributor_not_joined' }) : ok(entry)
}
