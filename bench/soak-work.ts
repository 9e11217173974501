/*
 * The work of the soak: so many requests, so many streams that are left, a few hundred streams at once that are read to
 * their ends; and what the gateway holds after each part of it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { ClientConnection } from './client-connection.ts'
import { abortStreams, type LoadTarget } from './load.ts'
import type { Books, SoakGateway } from './soak-gateway.ts'
import type { Holdings } from './soak-probe.ts'
import { type Kind, requestBytes } from './traffic.ts'

export type SoakSize = {
  readonly requests: number
  readonly abortedStreams: number
  /** Parts that each kind of work is done in. */
  readonly parts: number
  readonly connections: number
}

/** Of the streams that are left, those that are left before anything came. */
export const unheardShare = 0.2

export type Sample = {
  readonly after: string
  readonly holdings: Holdings
  readonly books: Books
}

/** Thrown when an answer was not what the upstream sent: whatever was measured then, it was not the work. */
export class WrongAnswer extends Error {}

/**
 * Samples before any work, after each part of the requests, and after each part of the streams that are left. Of the requests every tenth is a stream; of the streams that are left every fifth is left before its first byte.
 */
export async function soak(
  gateway: SoakGateway,
  size: SoakSize,
  note: (line: string) => void,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const sample = async (after: string) => {
    const found = { after, ...(await gateway.settled()) }
    samples.push(found)
    note(after)
  }
  const { requests, abortedStreams, parts, connections } = size
  await sample('start')
  for (let part = 1; part <= parts; part += 1) {
    const streams = requests / parts / 10
    await answerAll(gateway.target, {
      kind: 'unary',
      count: requests / parts - streams,
      connections,
    })
    await answerAll(gateway.target, { kind: 'burst', count: streams, connections })
    await sample(`${(requests / parts) * part} requests`)
  }
  for (let part = 1; part <= parts; part += 1) {
    const unheard = (abortedStreams / parts) * unheardShare
    const atOnce = Math.min(connections, 200)
    await abortStreams(gateway.target, { count: abortedStreams / parts - unheard, atOnce })
    await leaveUnheard(gateway.target, unheard)
    await sample(`${(abortedStreams / parts) * part} streams left`)
  }
  return samples
}

/** Asks `count` times over `connections`, and closes them. Throws WrongAnswer. */
async function answerAll(
  target: LoadTarget,
  work: { readonly kind: Kind; readonly count: number; readonly connections: number },
): Promise<void> {
  const request = { kind: work.kind, bytes: bytesFor(target, work.kind) }
  let asked = 0
  const keepAsking = async () => {
    const connection = new ClientConnection(target)
    while (asked < work.count) {
      asked += 1
      const { fault } = await new Promise<{ readonly fault: string | undefined }>((answered) => {
        connection.ask(request, answered)
      })
      if (fault !== undefined) throw new WrongAnswer(`${work.kind}: ${fault}`)
    }
    connection.drop()
  }
  await Promise.all(Array.from({ length: Math.min(work.connections, work.count) }, keepAsking))
}

/** Asks for streams and leaves before anything can have come. */
async function leaveUnheard(target: LoadTarget, count: number): Promise<void> {
  const request = { kind: 'paced' as const, bytes: bytesFor(target, 'paced') }
  for (let asked = 0; asked < count; asked += 1) {
    const connection = new ClientConnection(target)
    connection.ask(request, () => {})
    // A turn for the connection, and some for the request to be on its way.
    for (let turns = 0; turns < 10; turns += 1) await turn()
    connection.drop()
  }
}

function bytesFor(target: LoadTarget, kind: Kind): Buffer {
  if (typeof target.credentials !== 'string') throw new Error('the soak asks with one key')
  const host = `${target.host}:${target.port}`
  return requestBytes(kind, { host, credentials: target.credentials })
}
