import { rateViewsRemembered, rateViewTrustedMs } from '../base/limits.ts'
import { adjust, advance, createRateWindow, type RateWindow, roomAtMs } from './rate-window.ts'
import type { RateClaim, RateLimit, RateWindowFull } from './rate-window-store.ts'

type View = {
  readonly window: RateWindow
  heardAtMs: number
}

/**
 * Counters that live elsewhere, as this process last heard of them. Replicas may have used them or given back since: that a
 * counter is full is believed for a moment only, and then it is worth asking again.
 */
export class RateWindowViews {
  readonly #views = new Map<string, View>()

  /** `used` is what the counter's owner said at `nowMs`. */
  heard({ counter, windowMs }: RateLimit, used: number, nowMs: number): void {
    const view = this.#views.get(counter) ?? {
      window: createRateWindow(windowMs, nowMs),
      heardAtMs: nowMs,
    }
    view.heardAtMs = nowMs
    advance(view.window, nowMs)
    adjust(view.window, used)
    // Newest last, so that the first is the one that nobody asked about for longest.
    this.#views.delete(counter)
    this.#views.set(counter, view)
    if (this.#views.size <= rateViewsRemembered) return
    for (const oldest of this.#views.keys()) {
      this.#views.delete(oldest)
      return
    }
  }

  peek(claims: readonly RateClaim[], nowMs: number): RateWindowFull | undefined {
    for (const { limit, amount } of claims) {
      const { counter, max } = limit
      if (amount > max) return { counter, retryAfterMs: undefined }
      const view = this.#views.get(counter)
      if (view === undefined || nowMs - view.heardAtMs > rateViewTrustedMs) continue
      advance(view.window, nowMs)
      if (view.window.used + amount <= max) continue
      return { counter, retryAfterMs: roomAtMs(view.window, max - amount) - nowMs }
    }
    return undefined
  }

  usedShare({ counter, max }: RateLimit, nowMs: number): number {
    const view = this.#views.get(counter)
    if (view === undefined) return 0
    advance(view.window, nowMs)
    return view.window.used / max
  }
}
