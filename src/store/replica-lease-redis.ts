import type { LedgerKeys } from './ledger-keys-redis.ts'
import type { RedisLink } from './link-redis.ts'

/**
 * Says that this replica lives, for as long as it renews; measured by Redis's clock alone. A hold does not depend on it:
 * one whose replica only slept may still be charged, unless recovery was there before.
 */
export class ReplicaLease {
  readonly #link: RedisLink
  readonly #key: string
  readonly #durationMs: number
  readonly #timer: NodeJS.Timeout

  constructor(
    at: { readonly link: RedisLink; readonly keys: LedgerKeys; readonly replica: string },
    terms: { readonly durationMs: number; readonly renewalMs: number },
  ) {
    this.#link = at.link
    this.#key = at.keys.lease(at.replica)
    this.#durationMs = terms.durationMs
    // A renewal that fails is an outage that the link has seen; the next one, or the connection, ends it.
    const renew = () => void this.renew().catch(() => {})
    this.#timer = setInterval(renew, terms.renewalMs)
    this.#timer.unref()
    at.link.redis.on('ready', renew)
  }

  /** Throws StoreFailure when Redis does not take it. */
  async renew(): Promise<void> {
    await this.#link.write((redis) => redis.set(this.#key, '', 'PX', this.#durationMs))
  }

  /** What this replica leaves open may be recovered at once. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#link.ask((redis) => redis.del(this.#key)).catch(() => {})
  }
}
