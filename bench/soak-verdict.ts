/*
 * What of a soak is a leak. Memory is judged by live objects after a collection, not by what the process keeps resident: an
 * allocator gives pages back when it likes. The first part of each kind of work warms up what is bounded, and is not counted.
 */
import { unservedRequestsRemembered } from '../src/base/limits.ts'
import { openSockets } from './soak-gateway.ts'
import type { Holdings } from './soak-probe.ts'
import type { StreamsAtOnce } from './soak-streams.ts'
import { type Sample, type SoakSize, unheardShare } from './soak-work.ts'

type Bounds = {
  /** Live heap and buffers may grow by so much from the first part to the last, in bytes for each unit of work. */
  readonly growthPerRequestMax: number
  /** For each request that nobody was served of, as far as they are remembered on purpose (limits.ts). */
  readonly rememberedBytesMax: number
  /** Beside it, for what does not depend on the work: code that was compiled, tables that grew. */
  readonly growthBytesMax: number
  /** Of any class that the probe counts: a connection to the upstream more or less is open. */
  readonly growthObjectsMax: number
  readonly bytesPerStreamMax: number
}

export const soakBounds: Bounds = {
  growthPerRequestMax: 16,
  rememberedBytesMax: 640,
  growthBytesMax: 1024 * 1024,
  growthObjectsMax: 16,
  bytesPerStreamMax: 64 * 1024,
}

export const liveBytes = ({ heapBytes, bufferBytes }: Holdings): number => heapBytes + bufferBytes

/** A line for each leak; none is well. */
export function leaksIn(
  samples: readonly Sample[],
  size: SoakSize,
  bounds: Bounds = soakBounds,
): string[] {
  const [start, ...parts] = samples
  if (start === undefined || parts.length !== 2 * size.parts) return ['the soak has not ended']
  const { parts: count, requests, abortedStreams } = size
  return [
    ...parts.flatMap((sample) => remainsOf(sample, start)),
    ...growthOf(parts.slice(0, count), { requests, unserved: 0 }, bounds),
    ...growthOf(
      parts.slice(count),
      { requests: abortedStreams, unserved: abortedStreams * unheardShare },
      bounds,
    ),
  ]
}

/** What must be as it was before any work, whenever no request is under way. */
function remainsOf({ after, holdings, books }: Sample, start: Sample): string[] {
  const leaks: string[] = []
  const remain = (what: string) => leaks.push(`after ${after}: ${what}`)
  if (books.holds > 0) remain(`${books.holds} holds left`)
  if (openSockets(holdings) > 0) remain(`${openSockets(holdings)} sockets open`)
  const { listeners } = start.holdings
  if (holdings.listeners > listeners)
    remain(`${holdings.listeners} listeners, ${listeners} at first`)
  return leaks
}

/** What the first part of a kind of work leaves behind is left behind once, and not by each part. */
function growthOf(
  parts: readonly Sample[],
  work: { readonly requests: number; readonly unserved: number },
  bounds: Bounds,
): string[] {
  const [first, last] = [parts.at(0), parts.at(-1)]
  if (first === undefined || last === undefined) return ['nothing was measured']
  const leaks: string[] = []
  const grow = (what: string) => leaks.push(`from ${first.after} to ${last.after}: ${what}`)
  const counted = (parts.length - 1) / parts.length
  const growth = liveBytes(last.holdings) - liveBytes(first.holdings)
  const remembered = Math.min(work.unserved * counted, unservedRequestsRemembered)
  const allowed =
    bounds.growthBytesMax +
    bounds.growthPerRequestMax * work.requests * counted +
    bounds.rememberedBytesMax * remembered
  if (growth > allowed) grow(`${growth} bytes more, ${allowed} allowed`)
  for (const [name, found] of Object.entries(last.holdings.objects)) {
    const more = found - (first.holdings.objects[name] ?? 0)
    if (more > bounds.growthObjectsMax) grow(`${more} more of ${name}`)
  }
  return leaks
}

export const bytesPerStream = ({ before, open, streams }: StreamsAtOnce): number =>
  (liveBytes(open) - liveBytes(before)) / streams

export function leaksOfStreams(run: StreamsAtOnce, bounds: Bounds = soakBounds): string[] {
  const leaks = [...run.faults]
  const each = bytesPerStream(run)
  if (run.holdsLeft > 0) leaks.push(`${run.holdsLeft} holds left`)
  if (openSockets(run.after) > 0) leaks.push(`${openSockets(run.after)} sockets open`)
  if (each > bounds.bytesPerStreamMax) leaks.push(`${Math.round(each)} bytes for an open stream`)
  return leaks
}
