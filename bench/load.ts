/*
 * Three shapes of load. A closed loop asks again as soon as it was answered and finds what a request costs; a fixed rate
 * finds what it waits; paced streams find what a chunk costs among many that are open.
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

export type LoadTarget = Target & { readonly authorization: string }

/** Answers of one slice. A slice with a single fault measured something else than it claims. */
export type Tally = { answered: number; faults: number; firstFault: string | undefined }

const newTally = (): Tally => ({ answered: 0, faults: 0, firstFault: undefined })

function note(tally: Tally, answer: Answer): void {
  tally.answered += 1
  if (answer.fault === undefined) return
  tally.faults += 1
  tally.firstFault ??= answer.fault
}

const requestTo = (target: LoadTarget, kind: Kind): Buffer =>
  requestBytes(kind, {
    host: `${target.host}:${target.port}`,
    authorization: target.authorization,
  })

/** Keeps `connections` requests in flight for `durationMs`; resolves when the last of them is answered. */
export async function closedLoop(
  target: LoadTarget,
  load: { readonly kind: Kind; readonly connections: number; readonly durationMs: number },
): Promise<Tally> {
  const tally = newTally()
  const request = requestTo(target, load.kind)
  const untilMs = performance.now() + load.durationMs
  const connections = Array.from({ length: load.connections }, () => new ClientConnection(target))
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise<void>((ended) => {
          const again = (answer: Answer) => {
            note(tally, answer)
            if (performance.now() < untilMs) connection.ask(load.kind, request, again)
            else ended()
          }
          connection.ask(load.kind, request, again)
        }),
    ),
  )
  for (const connection of connections) connection.drop()
  return tally
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
  const request = requestTo(target, load.kind)
  const idle: ClientConnection[] = []
  const total = Math.round((load.perSecond * load.durationMs) / 1000)
  const startMs = performance.now()
  const answers: Promise<void>[] = []
  for (let sent = 0; sent < total; sent += 1) {
    const dueMs = startMs + (sent * 1000) / load.perSecond
    const earlyMs = dueMs - performance.now()
    if (earlyMs > 0) await pause(earlyMs)
    const connection = idle.pop() ?? new ClientConnection(target)
    answers.push(
      new Promise((ended) => {
        connection.ask(load.kind, request, (answer) => {
          note(tally, answer)
          firstByteMs.push(answer.firstByteMs)
          lastByteMs.push(answer.lastByteMs)
          idle.push(connection)
          ended()
        })
      }),
    )
  }
  await Promise.all(answers)
  for (const connection of idle) connection.drop()
  return { tally, firstByteMs, lastByteMs }
}

/** What `streams` concurrent paced streams did while all of them were open. */
export type PacedRun = {
  readonly tally: Tally
  readonly chunks: number
  readonly cpuMicros: number
  /** Per event, from the upstream's write to the client's read; a sample in no order. */
  readonly delaysMs: readonly number[]
}

/**
 * Opens the streams one after another over one stream's duration, so that their beginnings and ends are spread evenly, and
 * measures for `windowMs` when all are open. `cpuMicros` reads the contender's clock.
 */
export async function pacedStreams(
  target: LoadTarget,
  load: {
    readonly streams: number
    readonly windowMs: number
    readonly cpuMicros: () => number
  },
): Promise<PacedRun> {
  const tally = newTally()
  const delaysMs: number[] = []
  const request = requestTo(target, 'paced')
  const rampMs = eventsPerStream * pacedIntervalMs
  let measuring = false
  let ending = false
  const open = Array.from({ length: load.streams }, async (_, index) => {
    const connection = new ClientConnection(target, (delayMs) => {
      if (measuring) delaysMs.push(delayMs)
    })
    await pause((index / load.streams) * rampMs)
    while (!ending) {
      note(tally, await new Promise<Answer>((done) => connection.ask('paced', request, done)))
    }
    connection.drop()
  })
  await pause(rampMs + pacedIntervalMs)
  measuring = true
  const cpuBefore = load.cpuMicros()
  const bytesBefore = ClientConnection.streamedBytes
  await pause(load.windowMs)
  measuring = false
  const bytes = ClientConnection.streamedBytes - bytesBefore
  const cpuMicros = load.cpuMicros() - cpuBefore
  ending = true
  await Promise.all(open)
  const chunks = (bytes / streamAnswer.length) * eventsPerStream
  return { tally, chunks, cpuMicros, delaysMs }
}

/** Starts `count` burst or paced streams and hangs up on each after its first bytes, `at once` at a time. */
export async function abortedStreams(
  target: LoadTarget,
  load: { readonly count: number; readonly atOnce: number },
): Promise<void> {
  const request = requestTo(target, 'paced')
  let started = 0
  const worker = async () => {
    while (started < load.count) {
      started += 1
      await new Promise<void>((left) => {
        const connection: ClientConnection = new ClientConnection(target, () => {
          connection.drop()
          left()
        })
        connection.ask('paced', request, () => left())
      })
    }
  }
  await Promise.all(Array.from({ length: load.atOnce }, worker))
}
