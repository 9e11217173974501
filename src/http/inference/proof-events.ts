/*
 * A proof as it comes about, told as server-sent events: `progress` for each change, then `done` or `failed` with the whole. What
 * another replica makes is seen in the store alone, so that its place in the queue and its progress are not told here.
 */
import { keepAliveIntervalMs } from '../../base/limits.ts'
import type { Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { ProofsDoor, ToldProof } from '../../gateway/proofs-door.ts'
import { progressText, proofText } from './proof-object.ts'

/** How often the store is asked, and how often a change is told at most. */
const lookIntervalMs = 1_000
const toldIntervalMs = 200

export type ProofSink = {
  readonly write: (bytes: Buffer) => void
  readonly end: (bytes: Buffer) => void
}

const isEnded = ({ job }: ToldProof): boolean => job.state === 'done' || job.state === 'failed'

const event = (name: string, data: string): Buffer =>
  Buffer.from(`event: ${name}\ndata: ${data}\n\n`)

/** Until the job has ended, or what it answers is called. */
export function tellProof(
  retrieve: () => Promise<Result<ToldProof, Refusal>>,
  follow: (listener: () => void) => ReturnType<ProofsDoor['follow']>,
  sink: ProofSink,
): () => void {
  let told = ''
  let toldAtMs = 0
  let isOver = false
  let isLooking = false
  let soon: NodeJS.Timeout | undefined
  const stop = (): void => {
    isOver = true
    unfollow()
    clearInterval(timer)
    clearTimeout(soon)
  }
  const look = async (): Promise<void> => {
    if (isLooking || isOver) return
    isLooking = true
    const found = await retrieve().finally(() => {
      isLooking = false
    })
    // Stopped while it looked; a store that fails is asked again.
    if (isOver || !found.ok) return
    if (isEnded(found.value)) {
      stop()
      const { state } = found.value.job
      return sink.end(event(state, proofText(found.value)))
    }
    const text = progressText(found.value)
    if (text !== told) sink.write(event('progress', text))
    else if (Date.now() - toldAtMs >= keepAliveIntervalMs) sink.write(Buffer.from(': keep-alive\n'))
    else return
    told = text
    toldAtMs = Date.now()
  }
  const lookSoon = (): void => {
    soon ??= setTimeout(() => {
      soon = undefined
      void look()
    }, toldIntervalMs)
  }
  const unfollow = follow(lookSoon)
  const timer = setInterval(() => void look(), lookIntervalMs)
  void look()
  return stop
}
