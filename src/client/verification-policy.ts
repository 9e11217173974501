/*
 * What a caller of verifiedFetch asks, in plain strings and numbers, and the same read: a member that does not exist or does
 * not make sense is refused before anything is sent, because a policy that is half understood would let through the other half.
 */
import type { Hex } from '../base/hex.ts'
import { canonicalSettlementAddress } from '../chain/channel-settlement.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import { type Address, type Bytes32, isHex } from '../domain/units.ts'
import { type CheckName, checkNames } from './check-line.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'
import { priceSheetReader, type ReceiptPlace } from './parse-receipt-document.ts'
import { parseTrustFile, type TrustAnchors } from './trust-anchors.ts'
import {
  addressReader,
  bytes32Reader,
  ifThere,
  listReader,
  textReader,
  uint16Reader,
  uint64Reader,
} from './value-readers.ts'

/** What must be true of an answer and its receipt. Addresses and hashes are `0x` and hex digits. */
export type VerificationPolicy = {
  /** Operator account of the gateway that you deal with. */
  readonly gateway: string
  /**
   * A JSON-RPC node of the receipts' chain, which tells whose keys signed, at the time when they did. Without it the keys
   * must be known by `gatewayKeys` and `contributorKeys`, or by `trustFile`.
   */
  readonly rpcUrl?: string
  /** The ReceiptVerifier contract that you trust; default: any that runs the code of this version of Vouch. */
  readonly receiptVerifier?: { readonly chainId: number; readonly verifyingContract: string }
  readonly gatewayKeys?: readonly string[]
  readonly contributorKeys?: readonly string[]
  /** Text of a trust file (docs/receipts.md). */
  readonly trustFile?: string
  /** The contract that holds the channels; default: x402's own address. */
  readonly channelSettlement?: string
  /**
   * Tiers that each receipt must have, as a sum; default 3, signed by gateway and contributor. 1 takes answers of
   * contributors that cannot sign.
   */
  readonly tiers?: number
  readonly modelId?: string
  /** The model's manifest (docs/model-manifest.md) as text: it says which key proves the model (tier 64). */
  readonly modelManifest?: string
  /** Bytes of that key as hex, for proofs that do not carry them. */
  readonly verificationKey?: string
  /** Seconds since the answer was finished; default: since the request was sent and 15 minutes, for clocks that differ. */
  readonly maxAgeS?: number
  /** The channel that pays. A receipt for another one fails. */
  readonly channelId?: string
  /**
   * `as-told` (default): no dearer than the gateway's public terms said within the last minute. A list: no dearer than one of
   * these sheets, as JSON has them. `any`: no more than the receipt's own sheet gives, whatever that is.
   */
  readonly prices?: 'as-told' | 'any' | readonly object[]
  /**
   * `shared` (default): other keys may spend from the channel. `exclusive`: nobody else does, so that an amount which no
   * receipt explains fails.
   */
  readonly continuity?: 'shared' | 'exclusive'
  /** Seconds; a receipt must promise to be anchored within them. Undefined asks no promise. */
  readonly anchoredWithinS?: number
  /**
   * Checks that may stay `unknown`, instead of `defaultTolerated`. None of them may fail, and all others must hold.
   */
  readonly tolerate?: readonly CheckName[]
}

/** The policy, read. */
export type PolicyTerms = {
  readonly gateway: Address
  readonly rpcUrl: string | undefined
  readonly anchors: TrustAnchors
  readonly tiers: number
  readonly modelId: Bytes32 | undefined
  readonly modelManifest: string | undefined
  readonly verificationKey: Hex | undefined
  readonly maxAgeS: number | undefined
  readonly channelId: Bytes32 | undefined
  readonly prices: 'as-told' | 'any' | readonly PriceSheet[]
  readonly continuity: 'shared' | 'exclusive'
  readonly anchoredWithinS: number | undefined
  readonly tolerated: ReadonlySet<CheckName>
}

/**
 * What cannot be found out about most honest answers, and binds nothing that the client sees: what the gateway rewrote on its
 * way to the contributor, and with it the contributor's own chain over bytes that the client does not have; evidence of
 * tiers that were not asked for; what is on record about the money.
 */
export const defaultTolerated: readonly CheckName[] = [
  'evidence',
  'checkpoint-stream',
  'stream',
  'rewriting',
  'price-sheet-published',
  'channel',
]

const oneOf = <T extends string>(...values: readonly T[]): Reader<T> =>
  valueReader(values.map((value) => `"${value}"`).join(' or '), (value) =>
    values.find((one) => one === value),
  )
const urlReader = valueReader('the http(s) URL of a node', (value) => {
  const protocol = typeof value === 'string' ? URL.parse(value)?.protocol : undefined
  return protocol === 'http:' || protocol === 'https:' ? String(value) : undefined
})
const pricesReader: Reader<PolicyTerms['prices']> = (value, place) =>
  Array.isArray(value)
    ? listReader(priceSheetReader)(value, place)
    : oneOf('as-told', 'any')(value, place)
const trustFileReader: Reader<TrustAnchors> = valueReader('the text of a trust file', (value) => {
  const anchors = typeof value === 'string' ? parseTrustFile(value) : undefined
  return anchors?.ok === true ? anchors.value : undefined
})

const keyReader: Reader<Hex> = valueReader('the bytes of a verification key as hex', (value) =>
  isHex(value) ? value : undefined,
)

type Given = {
  readonly gateway: Address
  readonly rpcUrl: string | undefined
  readonly receiptVerifier: ReceiptPlace | undefined
  readonly gatewayKeys: readonly Address[] | undefined
  readonly contributorKeys: readonly Address[] | undefined
  readonly trustFile: TrustAnchors | undefined
  readonly channelSettlement: Address | undefined
  readonly tiers: number | undefined
  readonly modelId: Bytes32 | undefined
  readonly modelManifest: string | undefined
  readonly verificationKey: Hex | undefined
  readonly maxAgeS: number | undefined
  readonly channelId: Bytes32 | undefined
  readonly prices: PolicyTerms['prices'] | undefined
  readonly continuity: PolicyTerms['continuity'] | undefined
  readonly anchoredWithinS: number | undefined
  readonly tolerate: readonly CheckName[] | undefined
}

const policyReader = objectReader<Given>(
  {
    gateway: addressReader,
    rpcUrl: ifThere(urlReader),
    receiptVerifier: ifThere(
      objectReader<ReceiptPlace>(
        { chainId: uint64Reader, verifyingContract: addressReader },
        'refused',
      ),
    ),
    gatewayKeys: ifThere(listReader(addressReader)),
    contributorKeys: ifThere(listReader(addressReader)),
    trustFile: ifThere(trustFileReader),
    channelSettlement: ifThere(addressReader),
    tiers: ifThere(uint16Reader),
    modelId: ifThere(bytes32Reader),
    modelManifest: ifThere(textReader),
    verificationKey: ifThere(keyReader),
    maxAgeS: ifThere(uint64Reader),
    channelId: ifThere(bytes32Reader),
    prices: ifThere(pricesReader),
    continuity: ifThere(oneOf('shared', 'exclusive')),
    anchoredWithinS: ifThere(uint64Reader),
    tolerate: ifThere(listReader(oneOf(...checkNames))),
  },
  'refused',
)

/** Throws a TypeError that names every fault of the policy. */
export function readPolicy(policy: VerificationPolicy): PolicyTerms {
  const faults: ShapeFault[] = []
  const given = policyReader(policy, { path: '', faults })
  if (given === undefined) {
    const words = faults.map(
      ({ path, expected, found }) => `${path || 'it'}: expected ${expected}, found ${found}`,
    )
    throw new TypeError(`the verification policy cannot be used: ${words.join('; ')}`)
  }
  const anchors = anchorsOf(given)
  if (given.rpcUrl === undefined && anchors.gatewayKeys.length === 0) {
    throw new TypeError(
      'the verification policy trusts nothing: give rpcUrl, gatewayKeys or trustFile, because a ' +
        'receipt that only agrees with itself can be made by anyone',
    )
  }
  return {
    gateway: given.gateway,
    rpcUrl: given.rpcUrl,
    anchors,
    tiers: given.tiers ?? 3,
    modelId: given.modelId,
    modelManifest: given.modelManifest,
    verificationKey: given.verificationKey,
    maxAgeS: given.maxAgeS,
    channelId: given.channelId,
    prices: given.prices ?? 'as-told',
    continuity: given.continuity ?? 'shared',
    anchoredWithinS: given.anchoredWithinS,
    tolerated: new Set(given.tolerate ?? defaultTolerated),
  }
}

function anchorsOf(given: Given): TrustAnchors {
  const { gateway, trustFile, receiptVerifier, channelSettlement } = given
  const keysOf = (keys: readonly Address[] = [], operator?: Address) =>
    keys.map((key) => ({ operator, key }))
  return {
    receiptVerifier: receiptVerifier ?? trustFile?.receiptVerifier,
    channelSettlement:
      channelSettlement ?? trustFile?.channelSettlement ?? canonicalSettlementAddress,
    gatewayKeys: [...keysOf(given.gatewayKeys, gateway), ...(trustFile?.gatewayKeys ?? [])],
    contributorKeys: [...keysOf(given.contributorKeys), ...(trustFile?.contributorKeys ?? [])],
  }
}
