/*
 * Opens the runs of schedules when they are due: anyone may, and who is named by the terms, or risks to be first, does. When a
 * run is due is said by the chain's clock alone, at every look anew, so that a gateway that was away for days, or whose own
 * clock is wrong, opens the run of now and none of those that were missed.
 *
 * The transaction is a part of what the run costs, so it is sent only where the run's fee covers it and the delivery together
 * (docs/jobs.md, "Fees"), under caps that end with the interval.
 */
import { createHash } from 'node:crypto'
import type { Hex } from '../base/hex.ts'
import type { GatewayLog } from '../base/log.ts'
import { readBlock } from '../chain/blocks.ts'
import { type ContractCall, encodeCall, explainRevert, readContract } from '../chain/contracts.ts'
import { pokeCall, readSchedule } from '../chain/inference-coordinator.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { hexQuantity } from '../chain/quantity.ts'
import { type ContractAsk, escrowOf } from '../domain/contract-job.ts'
import { type Address, type Bytes32, bytes32, isBytes32, isHex } from '../domain/units.ts'
import type { ContractJobStore, KnownSchedule } from '../store/contract-job-store.ts'
import { bookRaces } from './book-races.ts'
import { deliveryGasMax, dynamicInputCallGas, pokeGasMax } from './delivery-gas.ts'
import { newestIntent, pokeIntent, type SubmittingOutbox } from './delivery-outbox.ts'
import { expectedDelivery } from './expected-delivery.ts'
import type { FeePolicy } from './fee-policy.ts'
import type { SeenSchedule } from './job-source.ts'
import { isRace, judgeCost } from './judge-cost.ts'
import {
  decodePlan,
  encodePlan,
  endOfInterval,
  intervalAt,
  type SchedulePlan,
} from './known-schedule.ts'
import { dueRunsAtOnceMax } from './limits.ts'
import { openRaceBankroll, type RaceBankroll } from './race-bankroll.ts'
import { owesRun } from './unpaid-run.ts'

export type ScheduleTerms = {
  /** The `JobSource` whose schedules these are. */
  readonly source: string
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly coordinator: Address
  /** This gateway's operator. */
  readonly gateway: Address
  readonly outbox: SubmittingOutbox
  readonly store: Pick<ContractJobStore, 'schedules' | 'putSchedule' | 'note' | 'setNote'>
  readonly fees: FeePolicy
  /** Why a run would not be answered here; undefined: it would. */
  readonly refusalOf: (run: ScheduledRun) => Promise<string | undefined>
  readonly log: GatewayLog
}

/** What a run would ask. */
export type ScheduledRun = Omit<ContractAsk, 'deadlineS'> & {
  readonly input: Hex
  readonly chainNowS: number
}

type Seen = {
  readonly schedules: readonly SeenSchedule[]
  readonly touchedSchedules: readonly Bytes32[]
}

type Desk = ScheduleTerms & {
  readonly bankroll: RaceBankroll
  /** Whose turn it is, where more runs are due than one look opens. */
  turn: number
}

/** What is to be called after each look at the source. Throws StoreFailure. */
export function openSchedules(terms: ScheduleTerms): (seen: Seen) => Promise<void> {
  const { store, chainId, fees } = terms
  const bankroll = openRaceBankroll({ notes: store, chainId, raceBudget: fees.raceBudget })
  const desk: Desk = { ...terms, bankroll, turn: 0 }
  return async (seen) => {
    await bookSchedules(desk, seen)
    await openDueRuns(desk)
  }
}

/** Writes down what is new, and forgets what is no longer sure. */
async function bookSchedules(desk: Desk, { schedules, touchedSchedules }: Seen): Promise<void> {
  if (schedules.length === 0 && touchedSchedules.length === 0) return
  const { store, source } = desk
  const known = new Map((await store.schedules(source)).map((one) => [one.scheduleId, one]))
  for (const seen of schedules) {
    const { terms, rhythm } = decodePlan(seen.text)
    const before = known.get(seen.scheduleId)
    // In another block than before, whose clock is when it begins.
    if (before !== undefined) await keep(desk, before, { rhythm, lastInterval: 0 }, false)
    if (before !== undefined || !(isRace(terms) || terms.gateway === desk.gateway)) continue
    await store.putSchedule({ ...seen, source, revision: 0 })
    desk.log.info('schedule_found', { scheduleId: seen.scheduleId })
  }
  for (const scheduleId of touchedSchedules) {
    const schedule = known.get(scheduleId)
    // Another run, a cancellation, or one of these taken back: the state is asked again.
    if (schedule !== undefined) await keep(desk, schedule, { lastInterval: 0 }, false)
  }
}

async function openDueRuns(desk: Desk): Promise<void> {
  const { store, source } = desk
  const open = (await store.schedules(source)).filter(({ isOver }) => !isOver)
  if (open.length === 0) return
  await bookRaces({ ...desk, nativePrice: desk.fees.nativePrice })
  const chainNowS = await readNextSecond(desk.rpc)
  if (chainNowS === undefined) return
  const due = open.filter(({ text }) => {
    const { rhythm, lastInterval } = decodePlan(text)
    return intervalAt(rhythm, chainNowS) > lastInterval
  })
  const first = due.length === 0 ? 0 : desk.turn % due.length
  const turns = [...due.slice(first), ...due.slice(0, first)].slice(0, dueRunsAtOnceMax)
  desk.turn = first + turns.length
  for (const schedule of turns) await openDueRun(desk, schedule, chainNowS)
}

/** The clock by which the next block will say what is due; undefined where the chain cannot be asked. */
async function readNextSecond(rpc: JsonRpc): Promise<number | undefined> {
  const head = await readBlock(rpc, 'latest')
  if (!head.ok || head.value === undefined) return undefined
  // A chain that makes blocks only when it has transactions has an old head.
  const pending = await rpc.call('eth_getBlockByNumber', ['pending', false])
  const { timestamp } = Object(pending.ok ? pending.value : undefined) as { timestamp?: unknown }
  return Math.max(head.value.timestampS, Number(timestamp ?? 0))
}

async function openDueRun(desk: Desk, schedule: KnownSchedule, chainNowS: number): Promise<void> {
  const plan = decodePlan(schedule.text)
  const interval = intervalAt(plan.rhythm, chainNowS)
  if (plan.poked?.interval === interval && (await isOnItsWay(desk, plan.poked.name))) return
  const read = await readSchedule(desk.rpc, desk.coordinator, schedule.scheduleId)
  if (!read.ok) return
  const now = read.value
  const { terms } = plan
  const isOver = now === undefined || now.runs >= now.rhythm.runsMax || now.budget < escrowOf(terms)
  if (isOver) {
    desk.log.info('schedule_over', { scheduleId: schedule.scheduleId, runs: now?.runs ?? 0 })
    await keep(desk, schedule, {}, true)
    return
  }
  const { lastInterval } = now
  if (interval <= lastInterval) return void (await keep(desk, schedule, { lastInterval }, false))
  await openRun(desk, { schedule, plan: { ...plan, lastInterval }, interval, chainNowS })
}

/** Or done: the chain's own count then says so at the next look. */
async function isOnItsWay({ outbox }: Desk, name: string): Promise<boolean> {
  const { entry } = await newestIntent(outbox, name)
  return entry !== undefined
}

type DueRun = {
  readonly schedule: KnownSchedule
  readonly plan: SchedulePlan
  readonly interval: number
  readonly chainNowS: number
}

async function openRun(desk: Desk, run: DueRun): Promise<void> {
  const { schedule, plan, interval } = run
  const { scheduleId } = schedule
  const { terms } = plan
  const call = pokeCall(desk.coordinator, { scheduleId, terms, input: plan.input ?? '0x' })
  const data = await encodeCall(call)
  const gasMax = pokeGasMax({ data, isDynamic: plan.input === undefined })
  const tried = await tryOut(desk, call, { data, gasMax })
  if (typeof tried === 'string') return pause(desk, run, tried)
  const input = plan.input ?? (await readDynamicInput(desk, run))
  if (input === undefined) return pause(desk, run, 'input_unreadable')
  const refusal = await desk.refusalOf({ ...askOf(desk, run, input), ...tried })
  if (refusal !== undefined) return pause(desk, run, refusal)
  const shape = expectedDelivery({ ask: { terms }, input })
  // One that names us may be in debt by one run; what more it could cost is risked like a race.
  const isRisked = isRace(terms) || (await owesRun(desk, plan))
  const judged = await judgeCost(desk, {
    isRisked,
    earned: terms.deliveryFee,
    gasMax: gasMax + deliveryGasMax(shape),
    bytes: data.length / 2 + shape.contentBytes + 2_048 * (shape.answers + 1),
  })
  if (!judged.ok) return
  const verdict = judged.value
  if (verdict.kind !== 'send') return pause(desk, run, verdict.reason)
  const name = pokeIntent(tried.jobId)
  // First, so that no process that goes on from here opens the interval again.
  const poked = { poked: { interval, name }, lastInterval: plan.lastInterval, paused: undefined }
  if (!(await keep(desk, schedule, poked, false))) return
  const { intentId } = await newestIntent(desk.outbox, name)
  const notAfterS = endOfInterval(plan.rhythm, interval)
  const worstCost = isRisked ? verdict.worstCost : 0n
  if (!(await desk.bankroll.stake(intentId, { worstCost, fee: 0n, notAfterS }))) return
  const caps = { feeWeiMax: verdict.feeWeiMax, gasLimitMax: gasMax, notAfterS }
  await desk.outbox.submit({ to: desk.coordinator, data }, { intentId, kind: 'poke', caps })
  desk.log.info('schedule_poked', { scheduleId, interval, jobId: tried.jobId })
}

/** What the consumer says now; the block that opens the run may hear it say something else. */
async function readDynamicInput(
  { rpc }: Desk,
  { schedule, plan, interval }: DueRun,
): Promise<Hex | undefined> {
  const contract = { name: 'IInferenceInput', address: plan.consumer, abi: inferenceInputAbi }
  const args = [schedule.scheduleId, interval]
  const call = { contract, functionName: 'inferenceInput', args }
  const answer = await readContract(boundedTo(dynamicInputCallGas, rpc), call)
  const input = answer.ok ? answer.value[0] : undefined
  return isHex(input) ? input : undefined
}

/** A consumer that is asked with all that a node allows could answer megabytes, or another input than with what it will have. */
const boundedTo = (gas: bigint, rpc: JsonRpc): JsonRpc => ({
  ...rpc,
  call: (method, [transaction, ...rest]) =>
    rpc.call(method, [{ ...Object(transaction), gas: hexQuantity(gas) }, ...rest]),
})

const inferenceInputAbi = ['function inferenceInput(bytes32,uint32) view returns (bytes)']

function askOf(
  { chainId, coordinator }: Desk,
  { plan: { consumer, terms }, chainNowS }: DueRun,
  input: Hex,
): Omit<ScheduledRun, 'jobId'> {
  const digest = createHash('sha256')
    .update(Buffer.from(input.slice(2), 'hex'))
    .digest('hex')
  const inputHash = bytes32(`0x${digest}`)
  return { chainId, coordinator, consumer, terms, inputHash, input, chainNowS }
}

/** The job that it would open as the next block stands; else why it would not. */
async function tryOut(
  { rpc, outbox }: Desk,
  call: ContractCall,
  { data, gasMax }: { readonly data: Hex; readonly gasMax: bigint },
): Promise<{ readonly jobId: Bytes32 } | string> {
  const transaction = {
    from: outbox.sender.address,
    to: call.contract.address,
    data,
    gas: hexQuantity(gasMax),
  }
  const answer = await rpc.call('eth_call', [transaction, 'pending'])
  if (!answer.ok) {
    const failure = await explainRevert(answer.error, call)
    return failure.reason === 'reverted' ? failure.error : failure.reason
  }
  return isBytes32(answer.value) ? { jobId: bytes32(answer.value) } : 'no job'
}

/** Not now, for a reason that is said once for as long as it is so. */
async function pause(desk: Desk, { schedule, plan, interval }: DueRun, why: string): Promise<void> {
  if (plan.paused === why) return
  const { scheduleId } = schedule
  desk.log.info('schedule_paused', { scheduleId, interval, reason: why })
  await keep(desk, schedule, { paused: why }, false)
}

/** False: another process was faster, and goes on with it. */
function keep(
  { store }: Desk,
  schedule: KnownSchedule,
  change: Partial<SchedulePlan>,
  isOver: boolean,
): Promise<boolean> {
  const text = encodePlan({ ...decodePlan(schedule.text), ...change })
  return store.putSchedule({ ...schedule, text, isOver })
}
