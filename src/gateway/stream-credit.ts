/*
 * How much of a streamed answer its hold pays for, where the hold is less than the worst case: counted in bytes that the
 * model wrote, of which each may be a token (metering/settle-usage.ts), so that an answer never costs more than is held.
 *
 *   COVERED --covers, half a slice before the end--> ASKED AHEAD --granted--> COVERED
 *                                                    ASKED AHEAD --refused--> LAST
 *   COVERED | LAST --grow, at the end--> COVERED | SPENT (the stream ends)
 */
import { streamSliceTokens } from '../base/limits.ts'
import { completionTokensFor, type PriceSheet } from '../domain/price-sheet.ts'
import type { AtomicAmount } from '../domain/units.ts'
import { completionBytesFor, completionTokensAtMost } from '../metering/settle-usage.ts'
import { costOf } from '../payment/bound-cost.ts'
import type { GrowingHold } from '../payment/growing-hold.ts'

type CreditTerms = {
  readonly prices: PriceSheet
  readonly promptTokensMax: number
  /** Of one choice. */
  readonly completionTokensMax: number
  readonly choiceCount: number
  /** Bytes of the prompt that the answer repeats, and that cost nothing there. */
  readonly echoedBytes: number
}

/** One attempt's view of the hold: what it covers depends on the prices of who answers. */
export class StreamCredit {
  readonly #hold: GrowingHold
  readonly #terms: CreditTerms
  readonly #sliceTokens: number
  readonly #tokensMax: number
  #coveredBytes = 0
  /** Beyond this more is asked for before it is needed, so that the stream need not wait for the ledger. */
  #askAheadBytes = 0
  #asked: Promise<boolean> | undefined

  constructor(hold: GrowingHold, terms: CreditTerms) {
    this.#hold = hold
    this.#terms = terms
    this.#sliceTokens = streamSliceTokens * terms.choiceCount
    this.#tokensMax = terms.completionTokensMax * terms.choiceCount
    this.#measure()
  }

  /** Whether an answer of so many bytes in all is paid for. */
  covers(completionBytes: number): boolean {
    if (completionBytes > this.#coveredBytes) return false
    if (completionBytes > this.#askAheadBytes) {
      this.#askAheadBytes = Number.POSITIVE_INFINITY
      this.#asked = this.#ask(completionBytes)
    }
    return true
  }

  /** Holds more, until an answer of so many bytes is paid for. False when no more can be held. Never rejects. */
  async grow(completionBytes: number): Promise<boolean> {
    await this.#asked
    return completionBytes <= this.#coveredBytes || this.#ask(completionBytes)
  }

  async #ask(completionBytes: number): Promise<boolean> {
    const { echoedBytes } = this.#terms
    const tokens = completionTokensAtMost(Math.max(0, completionBytes - echoedBytes))
    const granted = await this.#hold.grow({
      least: this.#costOf(tokens),
      wanted: this.#costOf(tokens + this.#sliceTokens),
    })
    if (granted) this.#measure()
    return granted
  }

  #costOf(completionTokens: number): AtomicAmount {
    const { prices, promptTokensMax } = this.#terms
    return costOf(prices, {
      promptTokens: promptTokensMax,
      completionTokens: Math.min(completionTokens, this.#tokensMax),
    })
  }

  #measure(): void {
    const { prices, promptTokensMax, echoedBytes } = this.#terms
    const paid = { amount: this.#hold.heldAmount, promptTokens: promptTokensMax }
    const tokens = completionTokensFor(prices, paid)
    // The worst case is held: whatever is written more cannot cost more.
    const whole = tokens >= this.#tokensMax
    this.#coveredBytes = whole ? Number.POSITIVE_INFINITY : completionBytesFor(tokens) + echoedBytes
    this.#askAheadBytes = whole
      ? Number.POSITIVE_INFINITY
      : this.#coveredBytes - this.#sliceTokens / 2
  }
}
