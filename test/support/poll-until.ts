import { setTimeout as wait } from 'node:timers/promises'

/** Between two looks at what another process, or a chain, does in its own time. */
const pollMs = 20

/** The first thing read that is so. As long as it takes: the runner ends a test that waits for what never comes. */
export async function pollUntil<T>(read: () => Promise<T>, isSo: (read: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read()
    if (isSo(value)) return value
    await wait(pollMs)
  }
}
