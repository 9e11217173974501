/*
 * Keeps transcripts no longer than they are needed: what a batch's draw did not choose is forgotten as soon as the draw is
 * known, and what was chosen when its time is over.
 */
import type { TranscriptStore } from '../store/transcript-store.ts'
import type { AuditedLog, DrawBatch } from './draw-batch.ts'
import { sweptBatchesMax, transcriptSweepMs } from './limits.ts'

export type SweepTerms = {
  readonly store: Pick<TranscriptStore, 'expire' | 'prune' | 'prunedTo' | 'room'>
  readonly log: AuditedLog
  readonly draw: DrawBatch
  /** Told which receipts of a batch were chosen, once. */
  readonly onDrawn: (gatewaySeqs: readonly number[]) => Promise<void>
  readonly nowMs: () => number
}

/** One look. Answers how many batches were pruned. Rejects with StoreFailure. */
export async function sweepTranscripts(terms: SweepTerms): Promise<number> {
  const { store, log, draw, onDrawn, nowMs } = terms
  await store.expire(nowMs())
  if ((await store.room()).transcripts === 0) return 0
  let number = await firstBatchAfter(log, await store.prunedTo())
  for (let pruned = 0; pruned < sweptBatchesMax; pruned += 1) {
    const drawn = await draw(number)
    // Batches are anchored in their order: what comes after is not drawn either.
    if (!drawn.ok) return pruned
    const { firstSeq, count, indices } = drawn.value
    const chosen = indices.map((index) => firstSeq + index)
    await store.prune({ firstSeq, lastSeq: firstSeq + count - 1, keep: new Set(chosen) })
    await onDrawn(chosen)
    number += 1
  }
  return sweptBatchesMax
}

/** Number of the first batch with a receipt after `seq`, by bisection; that of the next batch where there is none. */
async function firstBatchAfter(log: AuditedLog, seq: number): Promise<number> {
  let [low, high] = [0, await log.batchCount()]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const batch = await log.batch(middle)
    if (batch !== undefined && batch.firstSeq + batch.count - 1 <= seq) low = middle + 1
    else high = middle
  }
  return low
}

/** Sweeps again and again. What fails now is done the next time. */
export function startSweeping(terms: SweepTerms): { readonly stop: () => Promise<void> } {
  let sweeping: Promise<unknown> = Promise.resolve()
  let isSweeping = false
  const sweep = () => {
    if (isSweeping) return
    isSweeping = true
    sweeping = sweepTranscripts(terms)
      .catch(() => undefined)
      .finally(() => {
        isSweeping = false
      })
  }
  const timer = setInterval(sweep, transcriptSweepMs).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await sweeping
    },
  }
}
