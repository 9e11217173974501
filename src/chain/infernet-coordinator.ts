/*
 * What of Ritual's Infernet (SDK 1.0 and 1.1) a node needs to call and to read: its Coordinator, the Registry that names its other
 * contracts, the consumer's view of its inputs, wallets and verifiers. Signatures and meaning are those of its public ABI.
 */
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isHex,
  zeroAddress,
} from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type Contract, encodeCall, readContract } from './contracts.ts'
import type { InfernetSubscription } from './infernet-subscription.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import { readEach } from './read-each.ts'
import { addressWord, uintWord } from './typed-data.ts'

const subscriptionTuple =
  '(address owner, uint32 activeAt, uint32 period, uint32 frequency, uint16 redundancy, bytes32 containerId, bool lazy, address verifier, uint256 paymentAmount, address paymentToken, address wallet)'

const coordinatorAbi = [
  `function getSubscription(uint32) view returns (${subscriptionTuple})`,
  'function redundancyCount(bytes32) view returns (uint16)',
  'function nodeResponded(bytes32) view returns (bool)',
  'function deliverCompute(uint32 subscriptionId, uint32 deliveryInterval, bytes input, bytes output, bytes proof, address nodeWallet)',
  'error InvalidWallet()',
  'error IntervalMismatch()',
  'error IntervalCompleted()',
  'error NodeRespondedAlready()',
  'error SubscriptionNotFound()',
  'error SubscriptionCompleted()',
  'error SubscriptionNotActive()',
  'error UnsupportedVerifierToken()',
  'error InsufficientFunds()',
  'error InsufficientAllowance()',
]

const registryAbi = [
  'function COORDINATOR() view returns (address)',
  'function INBOX() view returns (address)',
  'function FEE() view returns (address)',
  'function WALLET_FACTORY() view returns (address)',
]
const consumerAbi = [
  'function getContainerInputs(uint32 subscriptionId, uint32 interval, uint32 timestamp, address caller) view returns (bytes)',
]

export const createdEvent: Bytes32 = keccak256Utf8('SubscriptionCreated(uint32)')

/** What a watcher follows: each has the subscription's number as its first indexed member. */
export const subscriptionEvents: readonly Bytes32[] = [
  createdEvent,
  ...['SubscriptionCancelled(uint32)', 'SubscriptionFulfilled(uint32,address)'].map(keccak256Utf8),
]

const infernetCoordinatorAt = (place: Address): Contract => ({
  name: 'Infernet Coordinator',
  address: place,
  abi: coordinatorAbi,
})

export const infernetRegistryAt = (place: Address): Contract => ({
  name: 'Infernet Registry',
  address: place,
  abi: registryAbi,
})

/** Where the contracts of one Infernet are. */
export type InfernetPlaces = {
  readonly coordinator: Address
  readonly inbox: Address
  readonly fee: Address
  readonly walletFactory: Address
}

export async function readInfernetPlaces(
  rpc: JsonRpc,
  registry: Address,
): Promise<Result<InfernetPlaces, ChainFailure>> {
  const contract = infernetRegistryAt(registry)
  const names = ['COORDINATOR', 'INBOX', 'FEE', 'WALLET_FACTORY']
  const read = await readEach(
    rpc,
    names.map((functionName) => ({ contract, functionName, args: [] })),
  )
  if (!read.ok) return read
  const [coordinator, inbox, fee, walletFactory] = read.value.map(([place]) => String(place))
  if (!coordinator || !inbox || !fee || !walletFactory) {
    return err(badAnswer({ origin: rpc.origin, method: 'eth_call', detail: 'no registry' }))
  }
  return ok({
    coordinator: address(coordinator),
    inbox: address(inbox),
    fee: address(fee),
    walletFactory: address(walletFactory),
  })
}

/** Undefined where there is none of that number. */
export async function readSubscription(
  rpc: JsonRpc,
  coordinator: Address,
  subscriptionId: number,
): Promise<Result<InfernetSubscription | undefined, ChainFailure>> {
  const read = await readContract(rpc, {
    contract: infernetCoordinatorAt(coordinator),
    functionName: 'getSubscription',
    args: [subscriptionId],
  })
  if (!read.ok) return read
  const subscription = subscriptionOf(read.value[0])
  return ok(subscription.owner === zeroAddress ? undefined : subscription)
}

function subscriptionOf(decoded: unknown): InfernetSubscription {
  const words = [...(decoded as Iterable<unknown>)]
  const number = (index: number) => Number(words[index])
  const place = (index: number) => address(String(words[index]))
  return {
    owner: place(0),
    activeAt: number(1),
    period: number(2),
    frequency: number(3),
    redundancy: number(4),
    containerId: bytes32(String(words[5])),
    isLazy: words[6] === true,
    verifier: place(7),
    paymentAmount: BigInt(words[8] as bigint),
    paymentToken: place(9),
    wallet: place(10),
  }
}

/** What the consumer says that the container is to read, at the newest block. A consumer that reverts is a failure `reverted`. */
export async function readContainerInputs(
  rpc: JsonRpc,
  asked: {
    readonly consumer: Address
    readonly subscriptionId: number
    readonly interval: number
    readonly timestampS: number
    readonly node: Address
  },
): Promise<Result<Hex, ChainFailure>> {
  const read = await readContract(rpc, {
    contract: { name: 'consumer', address: asked.consumer, abi: consumerAbi },
    functionName: 'getContainerInputs',
    args: [asked.subscriptionId, asked.interval, asked.timestampS, asked.node],
    // An address of its own has the node's view of a consumer that lists who may ask.
    from: asked.node,
  })
  if (!read.ok) return read
  const [bytes] = read.value
  return isHex(bytes)
    ? ok(bytes)
    : err(badAnswer({ origin: rpc.origin, method: 'eth_call', detail: 'no inputs' }))
}

/** How far the deliveries of one interval are. */
export type IntervalStanding = {
  readonly delivered: number
  /** This node is among who delivered. */
  readonly isOurs: boolean
}

export async function readIntervalStanding(
  rpc: JsonRpc,
  coordinator: Address,
  which: { readonly subscriptionId: number; readonly interval: number; readonly node: Address },
): Promise<Result<IntervalStanding, ChainFailure>> {
  const contract = infernetCoordinatorAt(coordinator)
  const words = uintWord(which.subscriptionId, 32) + uintWord(which.interval, 32)
  const counted = { contract, functionName: 'redundancyCount', args: [keccak256Hex(words)] }
  const key = keccak256Hex(words + addressWord(which.node))
  const responded = { contract, functionName: 'nodeResponded', args: [key] }
  const read = await readEach(rpc, [counted, responded])
  if (!read.ok) return read
  return ok({ delivered: Number(read.value[0]?.[0]), isOurs: read.value[1]?.[0] === true })
}

/** The calldata of a delivery. */
export const encodeDelivery = (
  coordinator: Address,
  delivery: {
    readonly subscriptionId: number
    readonly interval: number
    readonly input: Hex
    readonly output: Hex
    readonly proof: Hex
    /** The Infernet wallet that is paid; zero where nothing is. */
    readonly nodeWallet: Address
  },
): Promise<Hex> =>
  encodeCall({
    contract: infernetCoordinatorAt(coordinator),
    functionName: 'deliverCompute',
    args: [
      delivery.subscriptionId,
      delivery.interval,
      delivery.input,
      delivery.output,
      delivery.proof,
      delivery.nodeWallet,
    ],
  })
