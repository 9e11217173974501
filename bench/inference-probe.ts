/*
 * Loaded before the gateway into its own process (`node --import`): answers each message with how long its event loop was held since
 * the last one. It touches nothing of the gateway.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Delays are milliseconds beyond the resolution of a timer; `cpuMs` is of this process, all its threads. */
export type LoopDelay = { readonly p99Ms: number; readonly maxMs: number; readonly cpuMs: number }

const resolutionMs = 5
const delay = monitorEventLoopDelay({ resolution: resolutionMs })
delay.enable()

const beyondTimer = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)

let told = process.cpuUsage()

process.on('message', () => {
  const { user, system } = process.cpuUsage(told)
  told = process.cpuUsage()
  const answer: LoopDelay = {
    p99Ms: beyondTimer(delay.percentile(99)),
    maxMs: beyondTimer(delay.max),
    cpuMs: (user + system) / 1e3,
  }
  delay.reset()
  process.send?.(answer)
})
// A probe is no reason to go on.
process.channel?.unref()
