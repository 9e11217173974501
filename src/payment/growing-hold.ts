import type { Hold } from '../domain/hold.ts'
import type { GatewayRefusal, HoldRefusal } from '../domain/refusal.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'

/**
 * The hold of a stream that began with less than its worst case. What it says it holds is durable; the ledger may hold
 * more for a moment, never less.
 */
export class GrowingHold {
  readonly #extend: LedgerStore['extend']
  readonly #requestId: string
  #heldAmount: AtomicAmount

  constructor(extend: LedgerStore['extend'], hold: Hold) {
    this.#extend = extend
    this.#requestId = hold.requestId
    this.#heldAmount = hold.heldAmount
  }

  get heldAmount(): AtomicAmount {
    return this.#heldAmount
  }

  /**
   * Raises the hold to `wanted`, or to all that the payer has left where that is at least `least`. False when it could not
   * be raised so far: the payer has no more, its channel takes no hold, or the ledger does not answer.
   */
  async grow(amounts: {
    readonly least: AtomicAmount
    readonly wanted: AtomicAmount
  }): Promise<boolean> {
    try {
      const refusal = await this.#raise(amounts.wanted)
      if (refusal === undefined) return true
      const free = freeOf(refusal)
      const left = atomic(this.#heldAmount + free)
      return free > 0n && left >= amounts.least && (await this.#raise(left)) === undefined
    } catch {
      // The store failed and says so to everyone; here it only means that nothing more is held.
      return false
    }
  }

  /** One after the other: each adds to what the last one left. */
  async #raise(amount: AtomicAmount): Promise<HoldRefusal | GatewayRefusal | undefined> {
    if (amount <= this.#heldAmount) return undefined
    const held = await this.#extend(this.#requestId, atomic(amount - this.#heldAmount))
    if (!held.ok) return held.error
    await held.value.durable
    this.#heldAmount = held.value.value.hold.heldAmount
    return undefined
  }
}

/** What the channel, or the key, has left for a smaller hold; nothing where the refusal is not about an amount. */
const freeOf = (refusal: HoldRefusal | GatewayRefusal): bigint =>
  'freeAmount' in refusal ? refusal.freeAmount : 0n
