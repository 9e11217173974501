/*
 * What the joining routes of a gateway answer, as values. Members keep the names that they have in JSON.
 */
import { objectReader, type Reader, valueReader } from '../client/object-reader.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  ifThere,
  listReader,
  measureReader,
  orNull,
  textReader,
  truthReader,
  uint16Reader,
  uint64Reader,
} from '../client/value-readers.ts'
import type { Address, AtomicAmount, Bytes32 } from '../domain/units.ts'

/** Atomic units of the gateway's asset for a million tokens. */
type RemotePrices = {
  readonly prompt: AtomicAmount
  readonly cached_prompt: AtomicAmount
  readonly completion: AtomicAmount
}

type RemoteToken = { readonly address: Address; readonly symbol: string; readonly decimals: number }

/** Whether and how strangers may join a gateway's pool. */
export type RemoteJoiningTerms = {
  readonly open: boolean
  /** Whether who joins waits for the operator's word. */
  readonly approval: boolean
  /** What the gateway keeps of each answer's price, in hundredths of a percent. */
  readonly fee_bps: number
  /** At stake in the ContributorRegistry, atomic units of its asset. */
  readonly min_stake: AtomicAmount
  /** The gateway's operator account, and the keys that it greets and signs with. */
  readonly gateway: Address
  readonly gateway_keys: readonly Address[]
  /** Path where contributors dial in. */
  readonly tunnel: string
  readonly chain: RemoteChain
  /** What prices are told and asked in. */
  readonly asset: RemoteToken
  readonly models: readonly RemoteJoinableModel[]
  /** What any other model may be offered for; null where only those are taken. */
  readonly any_model: { readonly price_max: RemotePrices } | null
}

type RemoteChain = {
  readonly chain_id: number
  /** Only told where the chain is the gateway's own, on the same machine. */
  readonly rpc_url: string | null
  readonly contributor_registry: Address
  readonly receipt_verifier: Address
  /** Where contracts ask this gateway; null: nowhere on this chain. Gateways of earlier versions say nothing. */
  readonly inference_coordinator?: Address | null | undefined
  readonly settlement: Address
  readonly open_claim_authorizer: Address
  readonly payout_token: RemoteToken
  /** Seconds that payout channels leave to claim after the gateway began to withdraw. */
  readonly withdraw_delay_min_s: number
}

type RemoteJoinableModel = {
  readonly id: string
  /** The one that must be served under this name; null leaves that to who joins. */
  readonly model_id: Bytes32 | null
  readonly price_max: RemotePrices
}

/** How a contributor does at a gateway. */
export type RemoteStanding = {
  readonly id: string
  readonly contributor: Address
  /** Keys with which it joined and that may sign now. */
  readonly signing_addresses: readonly Address[]
  /** Null for one that dials in. */
  readonly url: string | null
  /** Whether it has dialled in to the gateway that answers; null where it is dialled. */
  readonly connected: boolean | null
  /** `healthy` is asked; docs/joining.md has the others. */
  readonly state: string
  readonly cause: string | null
  readonly in_flight: number
  readonly models: readonly RemoteServedModel[]
}

type RemoteServedModel = {
  readonly id: string
  readonly model_id: Bytes32
  readonly price: RemotePrices
  readonly endpoints: readonly RemoteLane[]
}

/** What the gateway measured at one endpoint of one model. */
type RemoteLane = {
  readonly endpoint: string
  readonly state: string
  readonly served: number
  readonly failed: number
  /** The share of late attempts that were answered, 0 … 1. */
  readonly uptime: number
  readonly first_token_ms: number | null
  readonly per_token_ms: number | null
}

const open = <T extends object>(readers: Parameters<typeof objectReader<T>>[0]): Reader<T> =>
  objectReader<T>(readers, 'ignored')

const pricesReader = open<RemotePrices>({
  prompt: amountReader,
  cached_prompt: amountReader,
  completion: amountReader,
})
const tokenReader = open<RemoteToken>({
  address: addressReader,
  symbol: textReader,
  decimals: uint16Reader,
})

/** Of the gateway itself: whoever joins dials nobody else in its network because a gateway says so. */
const pathReader = valueReader('a path', (value) =>
  typeof value === 'string' && /^\/(?![/\\])[!-~]*$/.test(value) ? value : undefined,
)

export const joiningTermsReader: Reader<RemoteJoiningTerms> = open<RemoteJoiningTerms>({
  open: truthReader,
  approval: truthReader,
  fee_bps: uint16Reader,
  min_stake: amountReader,
  gateway: addressReader,
  gateway_keys: listReader(addressReader),
  tunnel: pathReader,
  chain: open<RemoteChain>({
    chain_id: uint64Reader,
    rpc_url: orNull(textReader),
    contributor_registry: addressReader,
    receipt_verifier: addressReader,
    inference_coordinator: ifThere(orNull(addressReader)),
    settlement: addressReader,
    open_claim_authorizer: addressReader,
    payout_token: tokenReader,
    withdraw_delay_min_s: uint64Reader,
  }),
  asset: tokenReader,
  models: listReader(
    open<RemoteJoinableModel>({
      id: textReader,
      model_id: orNull(bytes32Reader),
      price_max: pricesReader,
    }),
  ),
  any_model: orNull(open<{ readonly price_max: RemotePrices }>({ price_max: pricesReader })),
})

export const standingReader: Reader<RemoteStanding> = open<RemoteStanding>({
  id: textReader,
  contributor: addressReader,
  signing_addresses: listReader(addressReader),
  url: orNull(textReader),
  connected: orNull(truthReader),
  state: textReader,
  cause: orNull(textReader),
  in_flight: uint64Reader,
  models: listReader(
    open<RemoteServedModel>({
      id: textReader,
      model_id: bytes32Reader,
      price: pricesReader,
      endpoints: listReader(
        open<RemoteLane>({
          endpoint: textReader,
          state: textReader,
          served: uint64Reader,
          failed: uint64Reader,
          uptime: measureReader,
          first_token_ms: orNull(measureReader),
          per_token_ms: orNull(measureReader),
        }),
      ),
    }),
  ),
})
