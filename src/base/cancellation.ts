/**
 * Whether the one who asked still waits. Lighter than an AbortController (a request makes one and listens once), and the
 * listener that is added late is called at once, so that no departure is missed between two steps.
 */
export class Cancellation {
  #cancelled = false
  #listener: (() => void) | undefined

  get cancelled(): boolean {
    return this.#cancelled
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#listener?.()
  }

  /** Replaces the previous listener: at each moment one thing is in progress that must be stopped. */
  onCancel(listener: () => void): void {
    this.#listener = listener
    if (this.#cancelled) listener()
  }
}
