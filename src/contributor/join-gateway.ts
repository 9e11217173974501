/*
 * The joining routes of a gateway, as contributors call them (docs/joining.md). Every answer is read member by member,
 * because it comes from the other side of the deal. What is signed says which gateway it is for, so that no other can use it.
 */
import { sha256Hex } from '../base/sha256.ts'
import {
  joinPoolDigest,
  leavePoolDigest,
  standingQueryDigest,
} from '../chain/joining-typed-data.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { signDigest } from '../chain/signatures.ts'
import { type Answer, askGateway, type BillingFailure } from '../client/ask-gateway.ts'
import { soonS, vouchHeader } from '../client/signed-order.ts'
import { type Address, bytes32, zeroBytes32 } from '../domain/units.ts'
import {
  joiningTermsReader,
  type RemoteJoiningTerms,
  type RemoteStanding,
  standingReader,
} from './joining-answers.ts'

/** The gateway that is meant, as `GET /v1/contributors/joining` names it. */
export type JoinablePlace = {
  /** The gateway's base URL without `/v1`. */
  readonly origin: string
  /** Its operator account. */
  readonly gateway: Address
  readonly chainId: number
  readonly contributorRegistry: Address
}

/** Who asks, and when. */
export type Member = {
  /** Its operator account in the ContributorRegistry. */
  readonly contributor: Address
  /** One of its active signing keys; asking and leaving may be signed by the operator account itself. */
  readonly signingKey: PrivateKey
  readonly nowMs: number
}

/** What is offered, as JSON has it. Prices are decimals in units of the gateway's asset for a million tokens. */
export type OfferedTerms = {
  /** OpenAI base URL, ending in `/v1`; left out by whoever dials in. */
  readonly url?: string
  readonly region?: string
  readonly limits?: {
    readonly requestsPerMinute?: number
    readonly tokensPerMinute?: number
    readonly concurrency?: number
    readonly requestsPerDay?: number
    readonly tokensPerDay?: number
    readonly spendPerDay?: string
  }
  readonly models: readonly OfferedModel[]
}

type OfferedModel = {
  /** The public name that clients ask for. */
  readonly id: string
  readonly upstreamId?: string
  /** One of the two: the hash of the manifest, or the manifest itself. */
  readonly modelId?: string
  readonly manifest?: Readonly<Record<string, unknown>>
  readonly contextTokensMax: number
  readonly completionTokensMax?: number
  readonly endpoints?: readonly string[]
  readonly price: {
    readonly promptPerMtok: string
    readonly cachedPromptPerMtok?: string
    readonly completionPerMtok: string
  }
}

/** Whether and how strangers may join. `origin`: the gateway's base URL without `/v1`. */
export const readJoiningTerms = (origin: string): Answer<RemoteJoiningTerms> =>
  askGateway({ origin, path: '/v1/contributors/joining', init: {} }, joiningTermsReader)

export const joinablePlaceOf = (
  origin: string,
  { gateway, chain }: RemoteJoiningTerms,
): JoinablePlace => ({
  origin,
  gateway,
  chainId: chain.chain_id,
  contributorRegistry: chain.contributor_registry,
})

/** Joins, or puts these terms in the place of earlier ones. `apiKey`: what the gateway shall show to `terms.url`. */
export function joinGateway(
  place: JoinablePlace,
  offered: { readonly terms: OfferedTerms; readonly apiKey?: string | undefined },
  member: Member,
): Answer<RemoteStanding> {
  const { apiKey } = offered
  const order = { ...orderOf(member), terms: JSON.stringify(offered.terms) }
  const apiKeyHash = apiKey === undefined ? zeroBytes32 : bytes32(`0x${sha256Hex(apiKey)}`)
  const signed = { ...order, gateway: place.gateway, apiKeyHash }
  const signature = signDigest(joinPoolDigest(domainOf(place), signed), member.signingKey)
  const body = JSON.stringify({ ...order, ...(apiKey !== undefined && { apiKey }), signature })
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body }
  return ask(place, '/v1/contributors', init)
}

/** How the contributor does there, as the gateway measured it. */
export function askStanding(place: JoinablePlace, member: Member): Answer<RemoteStanding> {
  const { nonce: _, ...query } = orderOf(member)
  const digest = standingQueryDigest(domainOf(place), { ...query, gateway: place.gateway })
  const authorization = vouchHeader({ ...query, signature: signDigest(digest, member.signingKey) })
  return ask(place, '/v1/contributors/me', { headers: { authorization } })
}

/** Answers how the contributor did until now. What it earned stays its own. */
export function leaveGateway(place: JoinablePlace, member: Member): Answer<RemoteStanding> {
  const order = orderOf(member)
  const digest = leavePoolDigest(domainOf(place), { ...order, gateway: place.gateway })
  const authorization = vouchHeader({ ...order, signature: signDigest(digest, member.signingKey) })
  return ask(place, '/v1/contributors/me', { method: 'DELETE', headers: { authorization } })
}

/** Whether the gateway answered that it does not have the contributor in its pool, as after it left. */
export const saysNotJoined = (failure: BillingFailure): boolean =>
  failure.reason === 'gateway_refused' && failure.code === 'contributor_not_joined'

/** `nonce` tells orders apart: rising with the time it needs no counter. */
const orderOf = ({ contributor, nowMs }: Member) => ({
  contributor,
  nonce: Math.floor(nowMs),
  validUntil: soonS(nowMs),
})

const domainOf = ({ chainId, contributorRegistry: verifyingContract }: JoinablePlace) =>
  contributorDomain({ chainId, verifyingContract })

const ask = ({ origin }: JoinablePlace, path: string, init: RequestInit): Answer<RemoteStanding> =>
  askGateway({ origin, path, init }, standingReader)
