/* What a delivery to an Infernet may need of gas, beside its calldata: never too low, as jobs/delivery-gas.ts is for our own coordinator. */
import { callbackGasMax } from './delivery-gas.ts'

/**
 * `deliverCompute` without its payments and what the consumer does, all slots cold; and payments to three, each in a token that has not
 * met its receiver. Rounded up from what docs/infernet.md measures at the genuine contracts.
 */
const deliveryGas = 160_000n
const paymentGas = 340_000n
/** A slot of the Inbox that was empty, and those beside the bytes: their lengths, the time and the interval, the list. */
const slotGas = 22_200n
const inboxSlots = 8
const slotBytes = 32

/** A packed receipt and two envelopes; the content comes on top. */
const answerBytes = 1_700

/** What it costs to keep so many bytes in the Inbox. */
export const inboxGasMax = (bytes: readonly number[]): bigint =>
  slotGas * BigInt(bytes.reduce((sum, length) => sum + Math.ceil(length / slotBytes), inboxSlots))

/** The same before the answer is there. */
export const expectedInboxGas = (contentBytes: number): bigint =>
  inboxGasMax([answerBytes, contentBytes])

export const infernetExecutionGas = (delivery: {
  readonly consumerGasMax: number
  /** 0 where nothing is kept in the Inbox. */
  readonly inboxGas: bigint
}): bigint => deliveryGas + paymentGas + delivery.inboxGas + callbackGasMax(delivery.consumerGasMax)
