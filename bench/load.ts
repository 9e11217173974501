/*
 * The shapes of load. Connections that ask again as soon as they were answered find what a request or an event costs; a
 * fixed rate finds how long it waits. Connections are kept for the next round: opening one costs more than a request.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, ClientConnection, type Target } from './client-connection.ts'
import {
  eventsPerStream,
  type Kind,
  pacedIntervalMs,
  requestBytes,
  streamAnswer,
} from './traffic.ts'

export type LoadTarget = Target & {
  /** Header lines of the next request that say who pays; the same ones every time, or others. */
  readonly credentials: string | (() => string)
  /** Open connections without a request, from earlier rounds. */
  readonly idle: ClientConnection[]
}

/** Answers of one slice. A slice with a single fault measured something else than it claims. */
export type Tally = { answered: number; faults: number; firstFault: string | undefined }

const newTally = (): Tally => ({ answered: 0, faults: 0, firstFault: undefined })

function note(tally: Tally, answer: Answer): void {
  tally.answered += 1
  if (answer.fault === undefined) return
  tally.faults += 1
  tally.firstFault ??= answer.fault
}

/** Makes one request after the other; where nothing in them changes, only the first. */
function requestsTo(target: LoadTarget, kind: Kind) {
  const host = `${target.host}:${target.port}`
  const { credentials } = target
  if (typeof credentials === 'function') {
    return () => ({ kind, bytes: requestBytes(kind, { host, credentials: credentials() }) })
  }
  const request = { kind, bytes: requestBytes(kind, { host, credentials }) }
  return () => request
}

const connectionTo = (target: LoadTarget): ClientConnection =>
  target.idle.pop() ?? new ClientConnection(target)

/** What happened while the window was open. */
export type Window = {
  /** Of the whole slice, lead and tail included. */
  readonly tally: Tally
  readonly answered: number
  readonly events: number
  readonly cpuMicros: number
  /** Per event of a paced stream, from the upstream's write to the client's read; a sample in no order. */
  readonly delaysMs: readonly number[]
}

/** Uncounted time before a window: connections of an earlier round are found again, those that timed out are replaced. */
const leadMs = 500

/**
 * Keeps `connections` requests in flight and measures for `windowMs`; resolves when the last of them is answered. Paced
 * streams begin one after another over one stream's duration, so that their beginnings and ends are spread evenly.
 */
export async function keepInFlight(
  target: LoadTarget,
  load: {
    readonly kind: Kind
    readonly connections: number
    readonly windowMs: number
    /** The contender's clock. */
    readonly cpuMicros: () => number
  },
): Promise<Window> {
  const tally = newTally()
  const delaysMs: number[] = []
  const nextRequest = requestsTo(target, load.kind)
  const rampMs = load.kind === 'paced' ? eventsPerStream * pacedIntervalMs : 0
  let measuring = false
  let ending = false
  const noteDelay = (delayMs: number) => {
    if (measuring) delaysMs.push(delayMs)
  }
  const asking = Array.from({ length: load.connections }, async (_, index) => {
    if (rampMs > 0) await pause((index / load.connections) * rampMs)
    const connection = connectionTo(target)
    await new Promise<void>((ended) => {
      const again = (answer?: Answer) => {
        if (answer !== undefined) note(tally, answer)
        if (ending) ended()
        else connection.ask(nextRequest(), again, noteDelay)
      }
      again()
    })
    target.idle.push(connection)
  })
  await pause(rampMs + leadMs)
  measuring = true
  const before = { cpu: load.cpuMicros(), bytes: ClientConnection.streamedBytes, ...tally }
  await pause(load.windowMs)
  measuring = false
  const answered = tally.answered - before.answered
  const bytes = ClientConnection.streamedBytes - before.bytes
  const cpuMicros = load.cpuMicros() - before.cpu
  ending = true
  await Promise.all(asking)
  const events = (bytes / streamAnswer.length) * eventsPerStream
  return { tally, answered, events, cpuMicros, delaysMs }
}

/** Requests of a slice with their waits in milliseconds, in no order. */
export type Waits = {
  readonly tally: Tally
  readonly firstByteMs: readonly number[]
  readonly lastByteMs: readonly number[]
}

/** Sends `perSecond` requests a second whatever the answers do, each on a connection that is idle. */
export async function fixedRate(
  target: LoadTarget,
  load: { readonly kind: Kind; readonly perSecond: number; readonly durationMs: number },
): Promise<Waits> {
  const tally = newTally()
  const firstByteMs: number[] = []
  const lastByteMs: number[] = []
  const nextRequest = requestsTo(target, load.kind)
  const total = Math.round((load.perSecond * load.durationMs) / 1000)
  const startMs = performance.now()
  const answers: Promise<void>[] = []
  for (let sent = 0; sent < total; sent += 1) {
    const earlyMs = startMs + (sent * 1000) / load.perSecond - performance.now()
    if (earlyMs > 0) await pause(earlyMs)
    const connection = connectionTo(target)
    const asked = new Promise<void>((ended) => {
      connection.ask(nextRequest(), (answer) => {
        note(tally, answer)
        firstByteMs.push(answer.firstByteMs)
        lastByteMs.push(answer.lastByteMs)
        target.idle.push(connection)
        ended()
      })
    })
    answers.push(asked)
  }
  await Promise.all(answers)
  return { tally, firstByteMs, lastByteMs }
}

/** Starts `count` streams, `atOnce` at a time, and hangs up on each after its first event. */
export async function abortStreams(
  target: LoadTarget,
  load: { readonly count: number; readonly atOnce: number },
): Promise<void> {
  const nextRequest = requestsTo(target, 'paced')
  let started = 0
  const worker = async () => {
    while (started < load.count) {
      started += 1
      const connection = new ClientConnection(target)
      await new Promise<void>((left) => {
        connection.ask(
          nextRequest(),
          () => left(),
          () => left(),
        )
      })
      connection.drop()
    }
  }
  await Promise.all(Array.from({ length: load.atOnce }, worker))
}
