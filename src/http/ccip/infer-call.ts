/*
 * The call that a contract wants answered off chain, and its answer, in the ABI (EIP-3668):
 * `infer(bytes32 modelId, bytes input) returns (bytes content, bytes packed)` of IInferenceGateway in contracts/src.
 */
import { fromHex, type Hex, toHex } from '../../base/hex.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { ContractRefusal } from '../../domain/contract-refusal.ts'
import type { Lookup, LookupAnswer } from '../../domain/offchain-lookup.ts'
import { bytes32 } from '../../domain/units.ts'

/** The first four bytes of keccak256('infer(bytes32,bytes)'). */
const inferSelector = '0x54616cd8'

const selectorBytes = 4
const wordBytes = 32
/** `modelId`, where `input` begins, and how long it is. */
const headBytes = 3 * wordBytes

type CallRefusal = Extract<ContractRefusal, { readonly reason: 'lookup_unreadable' }>

/** Every byte is accounted for: two spellings of one call would be two questions. */
export function readInferCall(data: Hex): Result<Pick<Lookup, 'modelId' | 'input'>, CallRefusal> {
  const call = fromHex(data)
  if (toHex(call.subarray(0, selectorBytes)) !== inferSelector) {
    return unreadable('data is no call of infer(bytes32,bytes)')
  }
  const args = call.subarray(selectorBytes)
  if (args.length < headBytes || numberAt(args, wordBytes) !== 2 * wordBytes) {
    return unreadable('the arguments of infer do not decode')
  }
  const inputBytes = numberAt(args, 2 * wordBytes)
  const end = headBytes + inputBytes
  if (args.length !== paddedLength(end) || args.subarray(end).some((byte) => byte !== 0)) {
    return unreadable('the input of infer is cut short, or something stands behind it')
  }
  const modelId = bytes32(toHex(args.subarray(0, wordBytes)))
  return ok({ modelId, input: Buffer.from(args.subarray(headBytes, end)) })
}

const unreadable = (detail: string): Result<never, CallRefusal> =>
  err({ reason: 'lookup_unreadable', detail })

const paddedLength = (bytes: number): number => Math.ceil(bytes / wordBytes) * wordBytes

/** Of a word; what is beyond a double's whole numbers is beyond every length here, and stays so. */
const numberAt = (bytes: Buffer, at: number): number =>
  Number(`0x${bytes.toString('hex', at, at + wordBytes)}`)

/** `abi.encode(bytes content, bytes packed)`: what the contract's callback decodes. */
export function writeInferAnswer({
  content,
  packed,
}: Pick<LookupAnswer, 'content' | 'packed'>): Hex {
  const contentTail = bytesTail(content)
  const contentAt = 2 * wordBytes
  return toHex(
    Buffer.concat([
      word(contentAt),
      word(contentAt + contentTail.length),
      contentTail,
      bytesTail(fromHex(packed)),
    ]),
  )
}

function bytesTail(bytes: Buffer): Buffer {
  const tail = Buffer.alloc(wordBytes + paddedLength(bytes.length))
  tail.writeUInt32BE(bytes.length, wordBytes - 4)
  bytes.copy(tail, wordBytes)
  return tail
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(wordBytes)
  bytes.writeUInt32BE(value, wordBytes - 4)
  return bytes
}
