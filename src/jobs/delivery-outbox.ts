import type { Purpose, Sender, Transaction } from '../chain/transactions.ts'
import type { OutboxEntry } from '../store/outbox-store.ts'

/** What deliveries need of the outbox of a chain (settlement/outbox.ts): a sender that survives and keeps to caps. */
export type DeliveryOutbox = {
  readonly sender: Sender
  readonly find: (intentId: string) => Promise<OutboxEntry | undefined>
}

/** For what nobody waits for. */
export type SubmittingOutbox = DeliveryOutbox & {
  /** Resolves once it is durable, and waits for no block. */
  readonly submit: (transaction: Transaction, purpose: Purpose) => Promise<void>
}

/** Of the transaction that opens the run of a schedule, by the job that it opens. */
export const pokeIntent = (jobId: string): string => `poke:${jobId}`

/** The inverse. */
export const jobOfPoke = (name: string): string => name.slice('poke:'.length)

/**
 * The intents of one thing that may have to be sent anew under other caps: the first has its plain name. Nothing of one that
 * failed is ever executed, so that at most the newest is.
 */
export async function newestIntent(
  outbox: DeliveryOutbox,
  name: string,
): Promise<{
  readonly intentId: string
  /** Undefined: it was never put. */
  readonly entry: OutboxEntry | undefined
  /** Those before it that a block has executed in vain. */
  readonly reverted: number
}> {
  let reverted = 0
  for (let failed = 0; ; failed += 1) {
    const intentId = failed === 0 ? name : `${name}:${failed + 1}`
    const entry = await outbox.find(intentId)
    if (entry?.state !== 'failed') return { intentId, entry, reverted }
    if (entry.inclusion?.succeeded === false) reverted += 1
  }
}
