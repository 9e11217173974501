/* What an Infernet subscription is: which intervals it has, and the names that its parts go by. Nothing here asks a chain. */
import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import { addressWord, hashWord, uintWord } from './typed-data.ts'

/** What a consumer has asked for, once or again and again. */
export type InfernetSubscription = {
  /** The consumer. Zero: no such subscription. */
  readonly owner: Address
  /** Unix seconds from which it may be answered; `cancelledActiveAt` once it is cancelled. */
  readonly activeAt: number
  /** Seconds of each interval; 0: there is one, and it has no end. */
  readonly period: number
  /** How many intervals. */
  readonly frequency: number
  /** How many nodes may answer each. */
  readonly redundancy: number
  /** keccak256 of the ABI encoding of the container's name. */
  readonly containerId: Bytes32
  /** Answers are stored in the Inbox, and the consumer is given their place. */
  readonly isLazy: boolean
  /** Zero: whoever delivers is paid at once. */
  readonly verifier: Address
  /** Of each delivery, in atomic units of `paymentToken`, before Infernet's own fees. */
  readonly paymentAmount: bigint
  /** Zero: the chain's own coin. */
  readonly paymentToken: Address
  /** The Infernet wallet that pays. */
  readonly wallet: Address
}

/** What a cancelled subscription's `activeAt` is. */
export const cancelledActiveAt: number = 2 ** 32 - 1

/** `keccak256(abi.encode(name))`: how a subscription names a container, or several with commas between them. */
export function containerIdOf(name: string): Bytes32 {
  const bytes = Buffer.from(name)
  const padding = '00'.repeat((32 - (bytes.length % 32)) % 32)
  return keccak256Hex(
    uintWord(32, 256) + uintWord(bytes.length, 256) + bytes.toString('hex') + padding,
  )
}

/**
 * Names one interval of one subscription on one chain, and what the subscription was when it was read: a reorganisation may give
 * its number to another, and a cancelled one is another, too.
 */
export function infernetJobId(which: {
  readonly chainId: number
  readonly coordinator: Address
  readonly subscriptionId: number
  readonly interval: number
  readonly fingerprint: Bytes32
}): Bytes32 {
  return keccak256Hex(
    hashWord(jobTag) +
      uintWord(which.chainId, 256) +
      addressWord(which.coordinator) +
      uintWord(which.subscriptionId, 256) +
      uintWord(which.interval, 256) +
      hashWord(which.fingerprint),
  )
}

const jobTag = keccak256Utf8('vouch: an interval of an Infernet subscription')

/** Of everything that a subscription says. */
export const subscriptionFingerprint = (subscription: InfernetSubscription): Bytes32 =>
  keccak256Hex(
    addressWord(subscription.owner) +
      uintWord(subscription.activeAt, 256) +
      uintWord(subscription.period, 256) +
      uintWord(subscription.frequency, 256) +
      uintWord(subscription.redundancy, 256) +
      hashWord(subscription.containerId) +
      uintWord(subscription.isLazy ? 1 : 0, 256) +
      addressWord(subscription.verifier) +
      uintWord(subscription.paymentAmount, 256) +
      addressWord(subscription.paymentToken) +
      addressWord(subscription.wallet),
  )

/** The interval at `nowS`, counted from 1; undefined before the first and after the last. */
export function intervalAt(
  { activeAt, period, frequency }: Pick<InfernetSubscription, 'activeAt' | 'period' | 'frequency'>,
  nowS: number,
): number | undefined {
  if (nowS < activeAt || frequency === 0) return undefined
  const interval = period === 0 ? 1 : Math.floor((nowS - activeAt) / period) + 1
  return interval <= frequency ? interval : undefined
}

/** Nothing of it can be delivered any more, at `nowS` or later. */
export const isSubscriptionOver = (subscription: InfernetSubscription, nowS: number): boolean =>
  subscription.activeAt === cancelledActiveAt ||
  subscription.frequency === 0 ||
  subscription.redundancy === 0 ||
  (nowS >= subscription.activeAt && intervalAt(subscription, nowS) === undefined)

/** The last second at which the interval can be delivered; undefined where it has no end. */
export const intervalEndS = (
  { activeAt, period }: InfernetSubscription,
  interval: number,
): number | undefined => (period === 0 ? undefined : activeAt + interval * period - 1)
