/*
 * What a receipt may promise of its place on the chain. A promise that is broken costs the gateway its stake, so none is
 * given before the chain was seen to agree with the log, nor while anything that was promised before is late itself.
 */
import type { ChainStanding } from './anchor-batches.ts'

export type PromiseStanding = {
  /** As it was last seen; undefined before the first look. */
  readonly chain: ChainStanding | undefined
  /** Since when the oldest receipt waits that is not anchored. */
  readonly waitingSinceMs: number | undefined
}

export type PromiseVerdict = 'promising' | 'starting' | 'late' | 'forked'

/**
 * Late is what has waited for half of what was promised: what is issued from now on would stand behind it. A chain that
 * does not answer makes the log late, in time, where anything waits; nothing that waits is nothing late.
 */
export function judgePromise(
  { chain, waitingSinceMs }: PromiseStanding,
  promiseMs: number,
  nowMs: number,
): PromiseVerdict {
  if (chain?.state === 'forked') return 'forked'
  if (waitingSinceMs !== undefined && nowMs - waitingSinceMs > promiseMs / 2) return 'late'
  return chain === undefined ? 'starting' : 'promising'
}
