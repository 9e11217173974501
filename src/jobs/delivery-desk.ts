/*
 * Delivers what was answered, or gives it up, and never at a loss: a job is taken, and its transaction sent, only where its
 * fee covers the most that the transaction may cost; the caps that it is signed under (settlement/outbox-caps.ts) see to it
 * that it costs no more. docs/jobs.md, "Fees", has the rule for operators.
 *
 * Of one job there is one transaction at a time: another is made only where nothing of the one before is ever executed. A
 * process that dies anywhere here leaves a name under which the next one finds what was sent.
 */
import type { GatewayLog } from '../base/log.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { hexQuantity } from '../chain/quantity.ts'
import { readTransactionCost } from '../chain/transaction-cost.ts'
import { worstCostWei } from '../domain/transaction-caps.ts'
import type { ContractJob, ContractJobStore } from '../store/contract-job-store.ts'
import type { OutboxEntry } from '../store/outbox-store.ts'
import { bookRaces } from './book-races.ts'
import { deliveryGasMax } from './delivery-gas.ts'
import { type DeliveryOutbox, newestIntent, pokeIntent } from './delivery-outbox.ts'
import { expectedDelivery } from './expected-delivery.ts'
import { costRoundedUp, type FeePolicy } from './fee-policy.ts'
import type { DeliveryDesk, DeliveryOutcome, FeeVerdict } from './job-delivery.ts'
import type { JobReason } from './job-reason.ts'
import type { DeliveryCall, JobSource, JobStanding } from './job-source.ts'
import { isRace, judgeCost } from './judge-cost.ts'
import { openRaceBankroll, type RaceBankroll } from './race-bankroll.ts'

export type DeliveryTerms = {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly outbox: DeliveryOutbox
  /** Where the bankroll of races is kept. */
  readonly notes: Pick<ContractJobStore, 'note' | 'setNote'>
  readonly fees: FeePolicy
  readonly log: GatewayLog
  readonly nowMs: () => number
}

type Desk = DeliveryTerms & { readonly bankroll: RaceBankroll }

/** Between two looks at a price that is too high, or a transaction that is on its way. */
const lookAgainMs = 3_000
/** A delivery is not begun so shortly before its deadline: the block that takes it must be before it. */
const deliveryLeadS = 15
/** A delivery that would revert while its job is open is tried again so often, with doubling pauses. */
const refusalsMax = 6

/** One for each chain; all processes of a gateway share its outbox and its bankroll. */
export function openDeliveryDesk(terms: DeliveryTerms): DeliveryDesk {
  const { notes, chainId, fees } = terms
  const bankroll = openRaceBankroll({ notes, chainId, raceBudget: fees.raceBudget })
  const desk: Desk = { ...terms, bankroll }
  /** By job. Only patience lives here: it may be lost. */
  const refusals = new Map<string, number>()
  return {
    judge: (_source, job) => judge(desk, job),
    deliver: async (source, job) => {
      const outcome = await deliver(desk, { source, job })
      if (outcome.kind !== 'wait' || outcome.reason !== 'delivery_reverted') {
        refusals.delete(job.jobId)
        return outcome
      }
      const times = (refusals.get(job.jobId) ?? 0) + 1
      refusals.set(job.jobId, times)
      if (times >= refusalsMax) return { ...outcome, kind: 'failed' }
      return { ...outcome, untilMs: terms.nowMs() + 2 ** times * 1_000 }
    },
  }
}

/** Before anything is run. */
async function judge(desk: Desk, job: Parameters<DeliveryDesk['judge']>[1]): Promise<FeeVerdict> {
  if (isRace(job.ask.terms)) await bookRaces({ ...desk, nativePrice: desk.fees.nativePrice })
  const shape = expectedDelivery(job)
  const verdict = await judgeCost(desk, {
    isRisked: isRace(job.ask.terms),
    gasMax: deliveryGasMax(shape),
    bytes: shape.contentBytes + 2_048 * (shape.answers + 1),
    earned: await earnedBy(desk, job),
  })
  if (!verdict.ok) return waitFor(desk, 'chain_unreachable')
  const { value } = verdict
  if (value.kind === 'send') return { kind: 'take' }
  return value.kind === 'wait' ? waitFor(desk, value.reason) : value
}

type Delivering = { readonly source: JobSource; readonly job: ContractJob }

async function deliver(desk: Desk, { source, job }: Delivering): Promise<DeliveryOutcome> {
  await bookRaces({ ...desk, nativePrice: desk.fees.nativePrice })
  const name = job.delivery?.intentId ?? `delivery:${job.jobId}`
  const { intentId, entry, reverted } = await newestIntent(desk.outbox, name)
  if (entry !== undefined) return follow(desk, entry)
  const standing = await source.standing(job)
  if (!standing.ok) return waitFor(desk, 'chain_unreachable')
  const ended = endOf(standing.value, job)
  if (ended !== undefined) return { kind: 'failed', reason: ended }
  // A block took it and it did nothing, although the job is open: another would do as little.
  if (reverted > 0) return { kind: 'failed', reason: 'delivery_reverted' }
  const notAfterS = job.ask.deadlineS - deliveryLeadS
  if (standing.value.chainNowS > notAfterS) {
    return { kind: 'failed', reason: 'delivery_given_up' }
  }
  return send(desk, { source, job, intentId, notAfterS })
}

async function send(
  desk: Desk,
  { source, job, intentId, notAfterS }: Delivering & { intentId: string; notAfterS: number },
): Promise<DeliveryOutcome> {
  const call = await source.deliveryCall(job)
  const earned = await earnedBy(desk, job)
  const bytes = call.data.length / 2
  const { terms } = job.ask
  const isRisked = isRace(terms)
  const judged = await judgeCost(desk, { isRisked, gasMax: call.gasMax, bytes, earned })
  if (!judged.ok) return waitFor(desk, 'chain_unreachable')
  const verdict = judged.value
  if (verdict.kind === 'wait') return waitFor(desk, verdict.reason)
  if (verdict.kind === 'never') return { kind: 'failed', reason: verdict.reason }
  const refused = await tryOut(desk, call)
  if (refused !== undefined) return refused
  const worstCost = isRisked ? verdict.worstCost : 0n
  const stake = { worstCost, fee: terms.deliveryFee, notAfterS }
  if (!(await desk.bankroll.stake(intentId, stake))) return waitFor(desk, 'race_budget_spent')
  const caps = { feeWeiMax: verdict.feeWeiMax, gasLimitMax: call.gasMax, notAfterS }
  return transact(desk, { ...call, intentId, caps })
}

/** Goes on with what was sent, in this process or another. */
const follow = (desk: Desk, { intentId, to, data, caps }: OutboxEntry): Promise<DeliveryOutcome> =>
  transact(desk, { intentId, to, data, caps })

async function transact(
  desk: Desk,
  intent: Pick<OutboxEntry, 'intentId' | 'to' | 'data' | 'caps'>,
): Promise<DeliveryOutcome> {
  const { intentId, to, data, caps } = intent
  const purpose = { intentId, kind: 'delivery', caps } as const
  const outcome = await desk.outbox.sender.transact({ to, data }, purpose)
  if (outcome.ok) return { kind: 'delivered', transactionHash: outcome.value.transactionHash }
  const entry = await desk.outbox.find(intentId)
  // Nothing of it is executed any more: what the chain says of the job decides, at the next look.
  if (entry?.state === 'failed') {
    desk.log.error('delivery_failed', { intentId, detail: entry.failure?.message ?? '' })
    return { ...waitFor(desk, 'delivery_sent'), untilMs: desk.nowMs() }
  }
  return waitFor(desk, 'delivery_sent')
}

/** What it brings, without what the poke that opened it cost this gateway. */
async function earnedBy(
  { outbox, rpc, fees }: Desk,
  { jobId, ask }: Pick<ContractJob, 'jobId' | 'ask'>,
): Promise<bigint> {
  const { entry: poke } = await newestIntent(outbox, pokeIntent(jobId))
  if (poke === undefined || poke.attempts.length === 0) return ask.terms.deliveryFee
  const read = poke.inclusion && (await readTransactionCost(rpc, poke.inclusion.transactionHash))
  const wei = read?.ok ? read.value : poke.caps && worstCostWei(poke.caps)
  return ask.terms.deliveryFee - costRoundedUp(wei ?? 0n, fees.nativePrice)
}

/**
 * As it would be sent, on what the pool holds: a competitor's delivery is seen there before its block. One that never gets into
 * a block leaves the pool again, so that only what would revert without it as well is counted as refused.
 */
async function tryOut(
  desk: Desk,
  { to, data, gasMax }: DeliveryCall,
): Promise<Extract<DeliveryOutcome, { readonly kind: 'wait' }> | undefined> {
  const { rpc, outbox } = desk
  const call = { from: outbox.sender.address, to, data, gas: hexQuantity(gasMax) }
  const pending = await rpc.call('eth_call', [call, 'pending'])
  if (pending.ok) return undefined
  const now = await rpc.call('eth_call', [call, 'latest'])
  if (now.ok) return waitFor(desk, 'delivered_in_pool')
  if (!isRefused(now.error)) return waitFor(desk, 'chain_unreachable')
  return { ...waitFor(desk, 'delivery_reverted'), detail: describeChainFailure(now.error) }
}

function endOf({ state, chainNowS }: JobStanding, { ask }: ContractJob): JobReason | undefined {
  if (state === 'none') return 'reorganised'
  if (state === 'delivered') return 'delivered_by_another'
  if (state === 'failed') return 'no_agreement'
  if (state === 'expired' || chainNowS > ask.deadlineS) return 'deadline_passed'
  return undefined
}

/** The transaction would fail, not the node that was asked. */
const isRefused = (failure: ChainFailure): boolean =>
  failure.reason === 'chain_error' &&
  (failure.data !== undefined || /revert|out of ?gas|invalid opcode/i.test(failure.message))

const waitFor = <Reason extends JobReason>(desk: Pick<Desk, 'nowMs'>, reason: Reason) =>
  ({ kind: 'wait', untilMs: desk.nowMs() + lookAgainMs, reason }) as const
