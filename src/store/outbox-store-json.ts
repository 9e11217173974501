import type { OutboxEntry, SignedAttempt } from './outbox-store.ts'

/*
 * An entry as text, the same in every store. Wei are decimal text: a fee is larger than what JSON's numbers keep exactly.
 */

type AttemptJson = Omit<SignedAttempt, WeiField> & Readonly<Record<WeiField, string>>
type WeiField = 'gasLimit' | 'maxFeePerGas' | 'maxPriorityFeePerGas'
type EntryJson = Omit<OutboxEntry, 'attempts'> & { readonly attempts: readonly AttemptJson[] }

export const encodeOutboxEntry = (entry: OutboxEntry): string =>
  JSON.stringify({
    ...entry,
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
    attempts: entry.attempts.map((attempt) => ({
      ...attempt,
      gasLimit: BigInt(attempt.gasLimit),
      maxFeePerGas: BigInt(attempt.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas),
    })),
  }
}
