/*
 * What a delivery may need of gas, counted as the EVM counts it and never too low: a transaction that is paid by what it
 * brings must not run out of gas, and its fee must cover all that it may use.
 */
import type { Hex } from '../base/hex.ts'

/** Every transaction. */
const transactionGas = 21_000n
/** EIP-7623: four tokens for a byte that is not zero. */
const tokensOfByte = 4n
/** Gas for a token beside what is executed, and where little is executed. */
const tokenGas = 4n
const tokenFloorGas = 10n

/**
 * `fulfill` of InferenceCoordinator without its answers: its job, its payments and its event, all slots cold. What is measured
 * of it is held below this by test/e2e/delivery.test.ts, which it would fail by running out of gas.
 */
const fulfilGas = 130_000n
/** One answer: its receipt verified, kept and paid, all slots cold. */
const answerGas = 110_000n
/** A byte of content: hashed, logged, copied for the callback. */
const contentByteGas = 16n
/** The largest of the registered verifiers, and what records that it said yes. */
const proofGas = 1_200_000n
/** What `fulfill` wants left when it calls back, beside the callback's own. */
const afterCallbackGas = 30_000n

/** `poke` of InferenceCoordinator: its schedule, its job's slots and its events, all cold. */
const pokeGas = 260_000n
/** What a dynamic consumer is given to say its input (INPUT_GAS, and the 64th that is kept back), and the longest input. */
const dynamicInputGas = 1_017_000n + 500_000n
/** The same of a call by itself: INPUT_GAS, and what every transaction costs. */
export const dynamicInputCallGas: bigint = 1_000_000n + transactionGas + 2_000n

/** `retryCallback` without its callback, and `expire`. */
const choreGas = 100_000n

/** How much calldata a delivery has at most before it is made: terms, offsets and lengths; and for each answer. */
const deliveryBytes = 1_200
const packedBytes = 2_048
const proofBytes = 16_384

export type DeliveryShape = {
  /** Undefined before it is made: then as many bytes as it may have, none of them zero. */
  readonly data: Hex | undefined
  readonly contentBytes: number
  readonly answers: number
  readonly callbackGas: number
  readonly isProven: boolean
}

/** More than the delivery of this shape can use. */
export function deliveryGasMax(shape: DeliveryShape): bigint {
  const { data, contentBytes, answers, callbackGas, isProven } = shape
  const execution =
    fulfilGas +
    answerGas * BigInt(answers) +
    contentByteGas * BigInt(contentBytes) +
    (isProven ? proofGas : 0n) +
    callbackGasMax(callbackGas)
  return transactionGasMax(data === undefined ? mostTokens(shape) : tokensOf(data), execution)
}

/** More than opening the run of a schedule can use; `data` is the call with its input. */
export const pokeGasMax = ({
  data,
  isDynamic,
}: {
  readonly data: Hex
  readonly isDynamic: boolean
}): bigint =>
  transactionGasMax(
    tokensOf(data),
    pokeGas + contentByteGas * BigInt(data.length / 2) + (isDynamic ? dynamicInputGas : 0n),
  )

/** More than calling back once more can use; what the callback does not take of its gas is not paid. */
export const callbackRetryGasMax = (retry: {
  readonly data: Hex
  readonly callbackGas: number
}): bigint =>
  transactionGasMax(
    tokensOf(retry.data),
    choreGas + contentByteGas * BigInt(retry.data.length / 2) + callbackGasMax(retry.callbackGas),
  )

/** More than ending a job whose time is over can use. */
export const expiryGasMax = (data: Hex): bigint => transactionGasMax(tokensOf(data), choreGas)

/** EIP-150: who calls keeps back a 64th, so that 64/63 of the callback's gas must be there. */
export const callbackGasMax = (callbackGas: number): bigint =>
  (BigInt(callbackGas) * 64n + 62n) / 63n + afterCallbackGas

/** A transaction with this calldata that executes so much; EIP-7623 asks for the floor where that is more. */
export function transactionGasMax(tokens: bigint, execution: bigint): bigint {
  const executed = tokenGas * tokens + execution
  const floor = tokenFloorGas * tokens
  return transactionGas + (executed > floor ? executed : floor)
}

/** Of calldata: a byte that is zero is one token, any other four. */
export function tokensOf(data: Hex): bigint {
  const bytes = Buffer.from(data.slice(2), 'hex')
  let tokens = 0n
  for (const byte of bytes) tokens += byte === 0 ? 1n : tokensOfByte
  return tokens
}

function mostTokens({ contentBytes, answers, isProven }: DeliveryShape): bigint {
  const bytes = deliveryBytes + contentBytes + packedBytes * answers + (isProven ? proofBytes : 0)
  return tokensOfByte * BigInt(bytes)
}
