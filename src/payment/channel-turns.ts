import { turnRetryGraceMs, turnsWaitingMax, turnWaitTimeoutMs } from '../base/limits.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'

/** Leave to be the one request of a channel. Ended once. */
export type Turn = {
  /**
   * Lets the next one begin. With `refusedAmount` the voucher for that amount was too low and its client is about to come
   * back with a higher one: the turn is kept for it for a moment, as the others in the queue have the same low voucher.
   */
  readonly end: (refusedAmount?: AtomicAmount) => void
}

type Waiter = { readonly begin: (turn: Turn | undefined) => void; readonly timer: NodeJS.Timeout }
type Lane = {
  readonly waiting: Waiter[]
  /** Set while nobody has the turn: who comes with a higher voucher than this gets it. */
  kept: { readonly aboveAmount: AtomicAmount; readonly timer: NodeJS.Timeout } | undefined
}

/**
 * One request at a time on channels whose vouchers leave room for one: the others wait in the order in which they came,
 * instead of being told that the channel is busy, which x402's clients do not try again.
 */
export class ChannelTurns {
  readonly #lanes = new Map<Bytes32, Lane>()

  /** Undefined when too many wait already, or the wait is too long. */
  take(channelId: Bytes32, amount: AtomicAmount): Promise<Turn | undefined> {
    const lane = this.#lanes.get(channelId)
    if (lane === undefined) {
      const opened: Lane = { waiting: [], kept: undefined }
      this.#lanes.set(channelId, opened)
      return Promise.resolve(this.#turn(channelId, opened))
    }
    if (lane.kept !== undefined && amount > lane.kept.aboveAmount) {
      this.#unkeep(lane)
      return Promise.resolve(this.#turn(channelId, lane))
    }
    if (lane.waiting.length >= turnsWaitingMax) return Promise.resolve(undefined)
    return new Promise((begin) => {
      const timer = setTimeout(() => {
        lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
        begin(undefined)
      }, turnWaitTimeoutMs)
      const waiter: Waiter = { begin, timer }
      lane.waiting.push(waiter)
    })
  }

  #turn(channelId: Bytes32, lane: Lane): Turn {
    return {
      end: (refusedAmount) => {
        if (refusedAmount === undefined || lane.waiting.length === 0) this.#next(channelId, lane)
        else this.#keep(channelId, lane, refusedAmount)
      },
    }
  }

  #keep(channelId: Bytes32, lane: Lane, aboveAmount: AtomicAmount): void {
    const timer = setTimeout(() => {
      this.#unkeep(lane)
      this.#next(channelId, lane)
    }, turnRetryGraceMs)
    lane.kept = { aboveAmount, timer }
  }

  #unkeep(lane: Lane): void {
    clearTimeout(lane.kept?.timer)
    lane.kept = undefined
  }

  #next(channelId: Bytes32, lane: Lane): void {
    const waiter = lane.waiting.shift()
    if (waiter === undefined) {
      this.#lanes.delete(channelId)
      return
    }
    clearTimeout(waiter.timer)
    waiter.begin(this.#turn(channelId, lane))
  }
}
