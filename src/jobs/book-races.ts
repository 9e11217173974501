import { readHead } from '../chain/blocks.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readTransactionCost } from '../chain/transaction-cost.ts'
import type { DeliveryOutbox } from './delivery-outbox.ts'
import { costRoundedUp } from './fee-policy.ts'
import type { RaceBankroll, RaceOutcome, Stake } from './race-bankroll.ts'

/**
 * Books what became of the transactions that something was staked for, once that is final. What cannot be told yet, because
 * the chain is gone or may still change its mind, stays at risk. Throws StoreFailure.
 */
export async function bookRaces(terms: {
  readonly bankroll: RaceBankroll
  readonly outbox: DeliveryOutbox
  readonly rpc: JsonRpc
  readonly nativePrice: bigint
}): Promise<void> {
  const { bankroll } = terms
  const { atRisk } = await bankroll.read()
  for (const [intentId, stake] of atRisk) {
    const outcome = await outcomeOf(terms, intentId, stake)
    if (outcome !== undefined) await bankroll.book(intentId, outcome)
  }
}

async function outcomeOf(
  { outbox, rpc, nativePrice }: Parameters<typeof bookRaces>[0],
  intentId: string,
  stake: Stake,
): Promise<RaceOutcome | undefined> {
  const entry = await outbox.find(intentId)
  const nothing = { earned: 0n, cost: 0n }
  if (entry === undefined) {
    // Its process died before it told the outbox, and whoever goes on with the job does so until its time is over.
    const head = await readHead(rpc)
    return head.ok && head.value.timestampS > stake.notAfterS ? nothing : undefined
  }
  if (entry.state !== 'final' && entry.state !== 'failed') return undefined
  if (entry.inclusion === undefined) return nothing
  const isWon = entry.state === 'final'
  const isRace = stake.worstCost > 0n
  // What nobody else could win has paid for itself.
  if (isWon && !isRace) return nothing
  const wei = await readTransactionCost(rpc, entry.inclusion.transactionHash)
  if (!wei.ok) return undefined
  return { earned: isWon ? stake.fee : 0n, cost: costRoundedUp(wei.value, nativePrice) }
}
