/*
 * The phases of the benchmark. Rounds are interleaved (A B C A B C …), so that whatever else the machine does falls on all
 * contenders alike; the first rounds warm code and connections up and are thrown away.
 */
import type { Contender } from './contenders.ts'
import {
  abortStreams,
  fixedRate,
  keepInFlight,
  type Tally,
  type Waits,
  type Window,
} from './load.ts'
import { cpuMicrosOf, residentBytesOf } from './process-accounting.ts'
import { median, quantile } from './statistics.ts'
import type { Kind } from './traffic.ts'

export type Schedule = {
  readonly rounds: number
  readonly seconds: number
  readonly note: (line: string) => void
  /** Counts up how many answers each contender gave: its ledger must hold as many receipts in the end. */
  readonly answered: Map<Contender, number>
}

/** One contender's figures, a number a counted round, in the order of rounds. */
export type Series = Readonly<Record<string, readonly number[]>>
export type Measured = ReadonlyMap<Contender, Series>

/** V8 compiles what is hot for so long under load, in threads whose time is counted too. */
const warmSeconds = 6
const warmRoundsMin = 3
const unaryConnections = 256
const streamsOpen = 500
const requestsPerSecond = 100

/** Thrown when a contender answered wrongly: whatever was measured then, it was not the work. */
export class WrongAnswer extends Error {}

export const measureUnary = (
  contenders: readonly Contender[],
  schedule: Schedule,
): Promise<Measured> =>
  interleave('unary', contenders, schedule, async (contender) => {
    const window = await measureWindow(contender, schedule, 'unary')
    return {
      cpuMicrosPerRequest: window.cpuMicros / window.answered,
      requestsPerSecond: window.answered / schedule.seconds,
    }
  })

export const measureBurst = (
  contenders: readonly Contender[],
  schedule: Schedule,
): Promise<Measured> =>
  interleave('burst', contenders, schedule, async (contender) => {
    const { cpuMicros, events } = await measureWindow(contender, schedule, 'burst')
    return { cpuMicrosPerEvent: cpuMicros / events, eventsPerSecond: events / schedule.seconds }
  })

export const measurePaced = (
  contenders: readonly Contender[],
  schedule: Schedule,
): Promise<Measured> =>
  interleave('paced', contenders, schedule, async (contender) => {
    const { cpuMicros, events, delaysMs } = await measureWindow(contender, schedule, 'paced')
    return {
      cpuMicrosPerEvent: cpuMicros / events,
      delayP50Ms: median(delaysMs),
      delayP99Ms: quantile(delaysMs, 0.99),
    }
  })

async function measureWindow(
  contender: Contender,
  schedule: Schedule,
  kind: Kind,
): Promise<Window> {
  const window = await keepInFlight(contender.target, {
    kind,
    connections: kind === 'unary' ? unaryConnections : streamsOpen,
    windowMs: schedule.seconds * 1000,
    cpuMicros: () => cpuMicrosOf(contender.pids),
  })
  accept(schedule, contender, window.tally)
  return window
}

export const measureLatency = (
  contenders: readonly Contender[],
  schedule: Schedule,
): Promise<Measured> =>
  interleave('latency', contenders, schedule, async (contender) => {
    const durationMs = schedule.seconds * 1000
    const rate = { perSecond: requestsPerSecond, durationMs }
    const unary = await fixedRate(contender.target, { kind: 'unary', ...rate })
    const stream = await fixedRate(contender.target, { kind: 'burst', ...rate })
    accept(schedule, contender, unary.tally)
    accept(schedule, contender, stream.tally)
    return {
      ...waitFigures('unary', unary.lastByteMs),
      ...waitFigures('firstByte', firstOf(stream)),
    }
  })

const firstOf = (waits: Waits) => waits.firstByteMs
const waitFigures = (name: string, waitsMs: readonly number[]) => ({
  [`${name}P50Ms`]: quantile(waitsMs, 0.5),
  [`${name}P99Ms`]: quantile(waitsMs, 0.99),
})

/** Resident bytes after each tenth of the work. */
export type MemoryFigures = {
  readonly afterRequests: readonly number[]
  readonly afterAbortedStreams: readonly number[]
}

export async function measureMemory(
  contender: Contender,
  schedule: Schedule,
  work: { readonly requests: number; readonly abortedStreams: number },
): Promise<MemoryFigures> {
  const steps = 10
  const afterRequests: number[] = []
  let answered = 0
  while (afterRequests.length < steps) {
    const goal = (work.requests * (afterRequests.length + 1)) / steps
    while (answered < goal) {
      const { tally } = await keepInFlight(contender.target, {
        kind: 'unary',
        connections: unaryConnections,
        windowMs: 500,
        cpuMicros: () => 0,
      })
      accept(schedule, contender, tally)
      answered += tally.answered
    }
    afterRequests.push(residentBytesOf(contender.pids))
  }
  const afterAbortedStreams: number[] = []
  while (afterAbortedStreams.length < steps) {
    await abortStreams(contender.target, { count: work.abortedStreams / steps, atOnce: 200 })
    afterAbortedStreams.push(residentBytesOf(contender.pids))
  }
  return { afterRequests, afterAbortedStreams }
}

async function interleave(
  phase: string,
  contenders: readonly Contender[],
  schedule: Schedule,
  slice: (contender: Contender) => Promise<Readonly<Record<string, number>>>,
): Promise<Measured> {
  const measured = new Map<Contender, Record<string, number[]>>()
  for (const contender of contenders) measured.set(contender, {})
  const warmRounds = Math.max(warmRoundsMin, Math.ceil(warmSeconds / schedule.seconds))
  for (let round = 1 - warmRounds; round <= schedule.rounds; round += 1) {
    for (const [contender, series] of measured) {
      const figures = await slice(contender)
      if (round < 1) continue
      for (const [name, value] of Object.entries(figures)) {
        series[name] ??= []
        series[name].push(value)
      }
    }
    schedule.note(
      round < 1 ? `${phase}: warming up` : `${phase}: round ${round}/${schedule.rounds}`,
    )
  }
  return measured
}

function accept(schedule: Schedule, contender: Contender, tally: Tally): void {
  if (tally.faults > 0) {
    throw new WrongAnswer(
      `${contender.name}: ${tally.faults} of ${tally.answered} answers were wrong, the first: ${tally.firstFault}`,
    )
  }
  if (tally.answered === 0) throw new WrongAnswer(`${contender.name} answered nothing`)
  schedule.answered.set(contender, (schedule.answered.get(contender) ?? 0) + tally.answered)
}
