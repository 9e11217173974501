/*
 * Loaded before the gateway into its own process (`node --import`): answers each message with what that process holds, after
 * everything that is not held was collected. It touches nothing of the gateway.
 */
import { EventEmitter } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { queryObjects } from 'node:v8'
import { StreamRelay } from '../src/gateway/relay-stream.ts'

/** `sockets` is answered with their number at once, anything else with all that is held. */
export type Question = 'sockets' | 'everything'

export type Holdings = {
  readonly residentBytes: number
  /** Live objects of JavaScript. */
  readonly heapBytes: number
  /** Buffers, which lie beside the heap. */
  readonly bufferBytes: number
  /** Reachable objects, by class. */
  readonly objects: Readonly<Record<string, number>>
  /** What keeps the event loop alive, by kind. */
  readonly handles: Readonly<Record<string, number>>
  /** Of the process itself, over all events. */
  readonly listeners: number
  /** Since the last message. */
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
}

/** Every socket, request and response is an emitter; each stream has a relay. */
const classes = { EventEmitter, StreamRelay }
const loopDelay = monitorEventLoopDelay({ resolution: 5 })
loopDelay.enable()

process.on('message', (question: Question) => {
  if (question === 'sockets') process.send?.(openHandles()['TCPSocketWrap'] ?? 0)
  else tellEverything()
})

function tellEverything(): void {
  const delays = {
    loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
    loopDelayMaxMs: loopDelay.max / 1e6,
  }
  process.send?.({ ...holdings(), ...delays })
  // Collecting stood in the way of the loop, not the work.
  loopDelay.reset()
}

function openHandles(): Readonly<Record<string, number>> {
  const handles: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1
  return handles
}

function holdings(): Omit<Holdings, 'loopDelayP99Ms' | 'loopDelayMaxMs'> {
  // Counting collects all garbage first, so memory is looked at behind it.
  const objects = Object.fromEntries(
    Object.entries(classes).map(([name, type]) => [name, Number(queryObjects(type))]),
  )
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    bufferBytes: arrayBuffers,
    objects,
    handles: openHandles(),
    listeners: process
      .eventNames()
      .reduce((sum, name) => sum + process.listenerCount(String(name)), 0),
  }
}
