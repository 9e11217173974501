import type { Redis } from 'ioredis'
import { storeOutageWaitMs, storeRefusedPauseMs } from '../base/limits.ts'
import { asStoreFailure } from './as-store-failure.ts'
import type { StoreFailure } from './ledger-store.ts'

/**
 * Whether Redis answers, and waiting until it does.
 *
 *   WRITABLE --connection lost | write refused--> UNAVAILABLE --a write succeeded--> WRITABLE
 */
export class RedisLink {
  readonly redis: Redis
  readonly #onLost: (failure: StoreFailure) => void
  readonly #wakes = new Set<() => void>()
  #isWritable = true
  #isClosed = false

  readonly #outageWaitMs: number

  /** `onLost` is told at the beginning of each outage. */
  constructor(
    redis: Redis,
    onLost: (failure: StoreFailure) => void,
    outageWaitMs: number = storeOutageWaitMs,
  ) {
    this.redis = redis
    this.#onLost = onLost
    this.#outageWaitMs = outageWaitMs
    redis.on('close', () => this.#lost(new Error('the connection was lost')))
  }

  get isWritable(): boolean {
    return this.#isWritable && !this.#isClosed
  }

  /** Asks once. Throws StoreFailure when there is no answer. */
  async ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await command(this.redis)
    } catch (error) {
      throw asStoreFailure('the ledger in Redis could not be reached', error)
    }
  }

  /** Asks for a write once. Throws StoreFailure when it is not known to be done. */
  async write<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      const answer = await command(this.redis)
      this.#isWritable = true
      return answer
    } catch (error) {
      throw this.#lost(error)
    }
  }

  /** Asks again until there is an answer; throws StoreFailure when there is none in time. */
  async untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + this.#outageWaitMs
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        const remainingMs = untilMs - performance.now()
        if (remainingMs <= 0 || this.#isClosed) throw error
        await this.#pause(remainingMs)
      }
    }
  }

  close(): void {
    this.#isClosed = true
    for (const wake of this.#wakes) wake()
    this.redis.disconnect()
  }

  /** Until the connection is back, or for a moment where it never was gone. */
  async #pause(remainingMs: number): Promise<void> {
    const isConnected = this.redis.status === 'ready'
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.redis.off('ready', wake)
        this.#wakes.delete(wake)
        resolve()
      }
      const pauseMs = isConnected ? Math.min(storeRefusedPauseMs, remainingMs) : remainingMs
      const timer = setTimeout(wake, pauseMs)
      this.redis.once('ready', wake)
      this.#wakes.add(wake)
    })
  }

  #lost(error: unknown): StoreFailure {
    const failure = asStoreFailure('the ledger in Redis could not be reached', error)
    const isNews = this.isWritable
    this.#isWritable = false
    if (isNews) this.#onLost(failure)
    return failure
  }
}
