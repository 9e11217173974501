/*
 * ReceiptAnchor.sol as the transparency log needs it: what an account has anchored, when a root came, and the events that
 * tell each batch.
 */
import { err, ok, type Result } from '../base/result.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isBytes32,
  isHex,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { receiptAnchorAbi } from './generated/receipt-anchor.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { hexQuantity, parseQuantity } from './quantity.ts'
import { addressWord } from './typed-data.ts'

export const receiptAnchorAt = (address: Address): Contract => ({
  name: 'ReceiptAnchor',
  address,
  abi: receiptAnchorAbi,
})

/** What an account has anchored: the fold of its batches and their number. */
export type AnchoredChain = { readonly head: Bytes32; readonly batches: number }

export async function readAnchoredChain(
  rpc: JsonRpc,
  place: { readonly receiptAnchor: Address; readonly sender: Address },
): Promise<Result<AnchoredChain, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: receiptAnchorAt(place.receiptAnchor),
    functionName: 'chains',
    args: [place.sender],
  })
  if (!answer.ok) return answer
  const [head, batches] = answer.value as [string, bigint]
  return ok({ head: bytes32(head), batches: Number(batches) })
}

/** When the chain first had the root; undefined for one that it never had. */
export async function readRootAnchoredAt(
  rpc: JsonRpc,
  receiptAnchor: Address,
  root: Bytes32,
): Promise<Result<UnixSeconds | undefined, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: receiptAnchorAt(receiptAnchor),
    functionName: 'rootAnchoredAt',
    args: [root],
  })
  if (!answer.ok) return answer
  const timestampS = Number(answer.value[0])
  return ok(timestampS === 0 ? undefined : unixSeconds(timestampS))
}

/** One `Anchored` event. */
export type AnchoredBatch = {
  readonly root: Bytes32
  readonly batch: number
  readonly count: number
  readonly head: Bytes32
  readonly transactionHash: Bytes32
  readonly blockNumber: number
}

const anchoredTopic = keccak256Utf8('Anchored(address,bytes32,uint64,uint32,bytes32)')

/** The batches of an account in these blocks, both ends included, in their order; of one root alone where it is named. */
export async function readAnchoredBatches(
  rpc: JsonRpc,
  place: { readonly receiptAnchor: Address; readonly sender: Address; readonly root?: Bytes32 },
  range: { readonly from: number; readonly to: number | 'latest' },
): Promise<Result<readonly AnchoredBatch[], ChainFailure>> {
  const method = 'eth_getLogs'
  const { receiptAnchor, sender, root } = place
  const answer = await rpc.call(method, [
    {
      address: receiptAnchor,
      fromBlock: hexQuantity(range.from),
      toBlock: range.to === 'latest' ? range.to : hexQuantity(range.to),
      topics: [anchoredTopic, `0x${addressWord(sender)}`, ...(root === undefined ? [] : [root])],
    },
  ])
  if (!answer.ok) return answer
  const batches = Array.isArray(answer.value) ? answer.value.map(anchoredBatchOf) : [undefined]
  return batches.every((batch) => batch !== undefined)
    ? ok(batches)
    : err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
}

function anchoredBatchOf(log: unknown): AnchoredBatch | undefined {
  const { topics, data, transactionHash, blockNumber } = Object(log) as Record<string, unknown>
  const root: unknown = Array.isArray(topics) ? topics[2] : undefined
  const number = parseQuantity(blockNumber)
  if (!isBytes32(root) || !isBytes32(transactionHash) || number === undefined) return undefined
  if (!isHex(data) || data.length !== 2 + 3 * 64) return undefined
  const word = (index: number) => data.slice(2 + index * 64, 2 + (index + 1) * 64)
  const [batch, count] = [Number(`0x${word(0)}`), Number(`0x${word(1)}`)]
  if (!Number.isSafeInteger(batch)) return undefined
  return {
    root: bytes32(root),
    batch,
    count,
    head: bytes32(`0x${word(2)}`),
    transactionHash: bytes32(transactionHash),
    blockNumber: Number(number),
  }
}

/** The ReceiptAnchor that a ReceiptVerifier looks receipts up in. */
export async function readReceiptAnchorOf(
  rpc: JsonRpc,
  verifier: Contract,
): Promise<Result<Address, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: verifier,
    functionName: 'receiptAnchor',
    args: [],
  })
  return answer.ok ? ok(address(String(answer.value[0]))) : answer
}
