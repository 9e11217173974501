/** Waits for Ctrl-C or SIGTERM, then for `stop`. A second signal ends the process at once: a person who asks twice means it. */
export async function untilStopped(stop: () => Promise<void>): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  await new Promise<void>((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve())
  })
  for (const signal of signals) process.on(signal, () => process.exit(1))
  await stop()
}
