import type { TransactionCaps } from '../domain/transaction-caps.ts'
import type { OutboxEntry, SignedAttempt } from './outbox-store.ts'

/*
 * An entry as text, the same in every store. Wei are decimal text: a fee is larger than what JSON's numbers keep exactly.
 */

type AttemptJson = Omit<SignedAttempt, WeiField | 'isEmpty'> &
  Readonly<Record<WeiField, string>> & { readonly isEmpty?: boolean }
type WeiField = 'gasLimit' | 'maxFeePerGas' | 'maxPriorityFeePerGas'
type CapsJson = { readonly [Name in keyof TransactionCaps]: string | number }
/** Rows of before there were caps have neither `caps` nor `isEmpty`. */
type EntryJson = Omit<OutboxEntry, 'attempts' | 'caps'> & {
  readonly attempts: readonly AttemptJson[]
  readonly caps?: CapsJson
}

export const encodeOutboxEntry = (entry: OutboxEntry): string =>
  JSON.stringify({
    ...entry,
    caps: entry.caps && {
      ...entry.caps,
      feeWeiMax: String(entry.caps.feeWeiMax),
      gasLimitMax: String(entry.caps.gasLimitMax),
    },
    attempts: entry.attempts.map((attempt) => ({
      ...attempt,
      gasLimit: String(attempt.gasLimit),
      maxFeePerGas: String(attempt.maxFeePerGas),
      maxPriorityFeePerGas: String(attempt.maxPriorityFeePerGas),
    })),
  })

/** The inverse, for text that this module wrote. */
export function decodeOutboxEntry(text: string): OutboxEntry {
  const entry = JSON.parse(text) as EntryJson
  return {
    ...entry,
    // JSON leaves out what is undefined.
    nonce: entry.nonce,
    inclusion: entry.inclusion,
    failure: entry.failure && { message: entry.failure.message, data: entry.failure.data },
    caps: entry.caps && decodeCaps(entry.caps),
    attempts: entry.attempts.map((attempt) => ({
      ...attempt,
      gasLimit: BigInt(attempt.gasLimit),
      maxFeePerGas: BigInt(attempt.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas),
      isEmpty: attempt.isEmpty ?? false,
    })),
  }
}

const decodeCaps = ({ feeWeiMax, gasLimitMax, notAfterS }: CapsJson): TransactionCaps => ({
  feeWeiMax: BigInt(feeWeiMax),
  gasLimitMax: BigInt(gasLimitMax),
  notAfterS: Number(notAfterS),
})
