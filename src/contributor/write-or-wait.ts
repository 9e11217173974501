import { writeStallTimeoutMs } from './limits.ts'

/** The part of a server response that this needs. */
export type WaitingSink = {
  readonly destroyed: boolean
  readonly write: (bytes: Uint8Array) => boolean
  readonly destroy: () => unknown
  readonly on: (event: 'drain' | 'close', listener: () => void) => unknown
  readonly off: (event: 'drain' | 'close', listener: () => void) => unknown
}

/**
 * Writes, and waits while the reader is slower than the writer, so that nothing piles up here. A
 * reader who leaves ends the wait, and one who takes nothing for `writeStallTimeoutMs` is dropped:
 * it would hold a turn for good.
 */
export async function writeOrWait(sink: WaitingSink, bytes: Uint8Array): Promise<void> {
  if (sink.destroyed || sink.write(bytes)) return
  await new Promise<void>((resolve) => {
    const stalled = setTimeout(() => sink.destroy(), writeStallTimeoutMs)
    const proceed = (): void => {
      clearTimeout(stalled)
      sink.off('drain', proceed)
      sink.off('close', proceed)
      resolve()
    }
    sink.on('drain', proceed)
    sink.on('close', proceed)
  })
}
