import type { Address, AtomicAmount } from '../domain/units.ts'

/** What an operator risks and pays for deposits that it sends for others. */
export type DepositPolicy = {
  readonly minimumAmount: AtomicAmount
  /** Payers for whom nothing is sent. */
  readonly deniedPayers: ReadonlySet<Address>
  /** Deposits of one payer that are sent within an hour. */
  readonly perPayerPerHour: number
  /** Blocks, its own included, after which a deposit is credited. */
  readonly confirmations: number
  /** A deposit up to this amount is credited by its first block… */
  readonly atOnceMaxAmount: AtomicAmount
  /** …as long as all such deposits of an hour stay within this: what a reorganisation may cost. */
  readonly atOncePerHourAmount: AtomicAmount
}

const hourMs = 3_600_000

/** Counts within the running hour. Both counters are caution, not money: a restart may forget them. */
export class DepositLimits {
  readonly #policy: DepositPolicy
  #hour = 0
  readonly #sentByPayer = new Map<Address, number>()
  #creditedAtOnce = 0n

  constructor(policy: DepositPolicy) {
    this.#policy = policy
  }

  /** Counts one deposit of the payer; else the seconds after which the next one is sent. */
  take(payer: Address, nowMs: number): number | undefined {
    this.#turn(nowMs)
    const sent = this.#sentByPayer.get(payer) ?? 0
    if (sent >= this.#policy.perPayerPerHour) return Math.ceil((hourMs - (nowMs % hourMs)) / 1000)
    this.#sentByPayer.set(payer, sent + 1)
    return undefined
  }

  /** Blocks that must have a deposit of this amount before it is credited. */
  confirmationsFor(amount: AtomicAmount, nowMs: number): number {
    const { confirmations, atOnceMaxAmount, atOncePerHourAmount } = this.#policy
    if (confirmations <= 1) return 1
    this.#turn(nowMs)
    const total = this.#creditedAtOnce + amount
    if (amount > atOnceMaxAmount || total > atOncePerHourAmount) return confirmations
    this.#creditedAtOnce = total
    return 1
  }

  #turn(nowMs: number): void {
    const hour = Math.floor(nowMs / hourMs)
    if (hour === this.#hour) return
    this.#hour = hour
    this.#sentByPayer.clear()
    this.#creditedAtOnce = 0n
  }
}
