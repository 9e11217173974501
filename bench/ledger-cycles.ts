import { atomic, bytes32, unixSeconds } from '../src/domain/units.ts'
import type { LedgerStore } from '../src/store/ledger-store.ts'
import { testChannelId } from '../test/support/gateway-on-ledger.ts'

/** As large as what a request leaves: its recovery context, its receipt and its record. */
const context = 'c'.repeat(600)
const body = 'r'.repeat(2_400)
const record = 'a'.repeat(230)

/** Holds and charges on one channel, both waited for until they are durable, so many at a time. */
export class LedgerCycles {
  readonly #ledgers: readonly LedgerStore[]
  /** Milliseconds that each cycle took. */
  readonly waitsMs: number[] = []
  /** Receipts that were sealed: more than cycles where replicas compete. */
  seals = 0
  #next = 0

  constructor(ledgers: readonly LedgerStore[]) {
    this.#ledgers = ledgers
  }

  async run(inFlight: number, durationMs: number): Promise<void> {
    const untilMs = performance.now() + durationMs
    await Promise.all(
      this.#ledgers.flatMap((ledger) =>
        Array.from({ length: inFlight }, async () => {
          while (performance.now() < untilMs) await this.#cycle(ledger)
        }),
      ),
    )
  }

  async #cycle(ledger: LedgerStore): Promise<void> {
    this.#next += 1
    const id = this.#next.toString(16).padStart(64, '0')
    const beganMs = performance.now()
    const held = await ledger.hold({
      requestId: id,
      channelId: testChannelId,
      heldAmount: atomic(1000n),
      context,
      budget: undefined,
      announces: false,
    })
    if (!held.ok) throw new Error(held.error.reason)
    await held.value.durable
    const receiptId = bytes32(`0x${id}`)
    const charged = await ledger.charge(id, atomic(1n), () => {
      this.seals += 1
      const sealedAt = unixSeconds(1_760_000_000)
      return {
        receiptId,
        digest: receiptId,
        body: () => body,
        record,
        sealedAt,
        answerId: undefined,
      }
    })
    await charged?.durable
    this.waitsMs.push(performance.now() - beganMs)
  }
}
