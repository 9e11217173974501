/*
 * What nobody pays for, and an operator may want done all the same: a callback that failed is called again, and a job whose
 * time is over gives its consumer the escrow back. Each is tried out first, on what the next block would make of it, so that
 * gas is spent only on what does something; and all of it is staked like a race, so that it never costs more than the budget
 * of races (docs/jobs.md, "Fees").
 */
import type { Hex } from '../base/hex.ts'
import type { GatewayLog } from '../base/log.ts'
import { readHead } from '../chain/blocks.ts'
import { type ContractCall, encodeCall } from '../chain/contracts.ts'
import { readFeeQuote } from '../chain/fees.ts'
import { expireCall, readJob, retryCallbackCall } from '../chain/inference-coordinator.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { hexQuantity } from '../chain/quantity.ts'
import type { TransactionKind } from '../chain/transactions.ts'
import type { ContractJob, ContractJobStore } from '../store/contract-job-store.ts'
import { largestAgreement } from './agreed-answers.ts'
import { bookRaces } from './book-races.ts'
import { callbackRetryGasMax, expiryGasMax } from './delivery-gas.ts'
import type { DeliveryOutbox, SubmittingOutbox } from './delivery-outbox.ts'
import { costRoundedUp, type FeePolicy } from './fee-policy.ts'
import { choreJobsKept, chorePauseFirstMs, chorePauseLastMs, choreTimeS } from './limits.ts'
import { openRaceBankroll, type RaceBankroll } from './race-bankroll.ts'

/** What is done of it. */
export type UnpaidPolicy = {
  /** Times that a callback is called again which the consumer did not take. */
  readonly callbackRetries: number
  readonly expiresJobs: boolean
}

export type ChoreTerms = {
  /** The `JobSource` whose jobs these are. */
  readonly source: string
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly outbox: SubmittingOutbox
  readonly store: Pick<ContractJobStore, 'list' | 'note' | 'setNote'>
  readonly fees: FeePolicy
  readonly policy: UnpaidPolicy
  readonly log: GatewayLog
  readonly nowMs: () => number
}

type Desk = ChoreTerms & { readonly bankroll: RaceBankroll; readonly pauses: Map<string, Pause> }
/** Only patience: it may be lost. */
type Pause = { readonly untilMs: number; readonly lengthMs: number }

/** What is to be called now and then. Throws StoreFailure. */
export function openUnpaidChores(terms: ChoreTerms): () => Promise<void> {
  const { store, chainId, fees, policy, source } = terms
  const bankroll = openRaceBankroll({ notes: store, chainId, raceBudget: fees.raceBudget })
  const desk: Desk = { ...terms, bankroll, pauses: new Map() }
  const states = [
    ...(policy.callbackRetries > 0 ? (['delivered'] as const) : []),
    ...(policy.expiresJobs ? (['expired'] as const) : []),
  ]
  return async () => {
    if (states.length === 0) return
    await bookRaces({ ...desk, nativePrice: fees.nativePrice })
    const jobs = await store.list({ states, limit: choreJobsKept })
    for (const job of jobs) {
      if (job.source === source && isDue(desk, job)) await doChore(desk, job)
    }
  }
}

function isDue({ pauses, nowMs }: Desk, { jobId, ask, state }: ContractJob): boolean {
  // Nobody is called.
  if (state === 'delivered' && ask.terms.callbackGas === 0) return false
  const pause = pauses.get(jobId)
  const atMs = nowMs()
  if (pause !== undefined && atMs < pause.untilMs) return false
  const lengthMs = Math.min(chorePauseLastMs, (pause?.lengthMs ?? chorePauseFirstMs / 2) * 2)
  pauses.set(jobId, { untilMs: atMs + lengthMs, lengthMs })
  return true
}

type Chore = {
  readonly intentId: string
  readonly kind: TransactionKind
  readonly call: ContractCall
  readonly gasMaxOf: (data: Hex) => bigint
}

async function doChore(desk: Desk, job: ContractJob): Promise<void> {
  const read = await readJob(desk.rpc, job.ask.coordinator, job.jobId)
  if (!read.ok) return
  if (job.state === 'expired') {
    if (read.value.state === 'open') await send(desk, expiry(job))
    else desk.pauses.set(job.jobId, { untilMs: Number.POSITIVE_INFINITY, lengthMs: 0 })
    return
  }
  const times = await timesCalledAgain(desk.outbox, job.jobId)
  if (read.value.isCallbackPending && times < desk.policy.callbackRetries) {
    await send(desk, callbackRetry(job, times))
    return
  }
  desk.pauses.set(job.jobId, { untilMs: Number.POSITIVE_INFINITY, lengthMs: 0 })
}

const expiry = ({ jobId, ask }: ContractJob): Chore => ({
  intentId: `expire:${jobId}`,
  kind: 'job-expiry',
  call: expireCall(ask),
  gasMaxOf: expiryGasMax,
})

const callbackIntent = (jobId: string, times: number): string => `callback:${jobId}:${times + 1}`

function callbackRetry({ jobId, ask, answers }: ContractJob, times: number): Chore {
  const content = largestAgreement(answers)[0]?.content ?? '0x'
  const { callbackGas } = ask.terms
  return {
    intentId: callbackIntent(jobId, times),
    kind: 'callback-retry',
    call: retryCallbackCall(ask.coordinator, jobId, content),
    gasMaxOf: (data) => callbackRetryGasMax({ data, callbackGas }),
  }
}

async function timesCalledAgain(outbox: DeliveryOutbox, jobId: string): Promise<number> {
  let times = 0
  while ((await outbox.find(callbackIntent(jobId, times))) !== undefined) times += 1
  return times
}

async function send(desk: Desk, { intentId, kind, call, gasMaxOf }: Chore): Promise<void> {
  const { rpc, outbox, fees, bankroll } = desk
  const data = await encodeCall(call)
  const gasMax = gasMaxOf(data)
  const to = call.contract.address
  const tried = { from: outbox.sender.address, to, data, gas: hexQuantity(gasMax) }
  if (!(await rpc.call('eth_call', [tried, 'pending'])).ok) return
  const [quote, head] = [await readFeeQuote(rpc), await readHead(rpc)]
  if (!quote.ok || !head.ok || quote.value.gasPrice > fees.gasPriceWeiMax) return
  const twice = quote.value.gasPrice * 2n
  const feeWeiMax = twice < fees.gasPriceWeiMax ? twice : fees.gasPriceWeiMax
  const notAfterS = head.value.timestampS + choreTimeS
  const worstCost = costRoundedUp(feeWeiMax * gasMax, fees.nativePrice)
  if (!(await bankroll.stake(intentId, { worstCost, fee: 0n, notAfterS }))) return
  const caps = { feeWeiMax, gasLimitMax: gasMax, notAfterS }
  await outbox.submit({ to, data }, { intentId, kind, caps })
  desk.log.info('chore_sent', { intentId })
}
