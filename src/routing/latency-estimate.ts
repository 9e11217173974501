/*
 * How long something takes: the usual time, and on top of it a peak that is believed at once and forgotten within seconds
 * (PeakEWMA, as in Finagle). Finagle lets the whole estimate sink to nothing while nobody is asked, so that a slow server
 * is tried again every few seconds; here only the peak sinks, because the usual time of a model on a machine seldom changes.
 */

export type LatencyEstimate = {
  /** Undefined before the first sample. */
  readonly usualMs: number | undefined
  readonly peakMs: number
  readonly sampledAtMs: number
}

/** A new sample weighs a tenth: about the last twenty tell the usual time. */
const sampleWeight = 0.1
const peakFadesMs = 10_000

export const unknownLatency: LatencyEstimate = { usualMs: undefined, peakMs: 0, sampledAtMs: 0 }

export function sampleLatency(
  estimate: LatencyEstimate,
  sampleMs: number,
  nowMs: number,
): LatencyEstimate {
  const { usualMs } = estimate
  const expectedMs = estimateMs(estimate, nowMs) ?? sampleMs
  return {
    usualMs: usualMs === undefined ? sampleMs : usualMs + sampleWeight * (sampleMs - usualMs),
    peakMs: Math.max(sampleMs, expectedMs),
    sampledAtMs: nowMs,
  }
}

/** Undefined before the first sample. */
export function estimateMs(estimate: LatencyEstimate, nowMs: number): number | undefined {
  const { usualMs, peakMs, sampledAtMs } = estimate
  if (usualMs === undefined || peakMs <= usualMs) return usualMs
  const elapsedMs = Math.max(0, nowMs - sampledAtMs)
  return usualMs + (peakMs - usualMs) * Math.exp(-elapsedMs / peakFadesMs)
}
