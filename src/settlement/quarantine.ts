import { quarantinePauseFirstMs, quarantinePauseMaxMs } from '../base/limits.ts'
import type { Channel } from '../domain/channel.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { OutboxStore } from '../store/outbox-store.ts'

/** A claim that the contract refused, and when it is tried again. Amounts are decimal text, as it is stored. */
export type QuarantinedRow = {
  readonly channelId: Bytes32
  /** The contract's own words. */
  readonly reason: string
  readonly charged: string
  readonly signed: string
  readonly balance: string
  readonly failures: number
  readonly sinceMs: number
  readonly retryAtMs: number
}

const quarantineKey = 'quarantine:'

/**
 * Remembers what the contract refused: the same claim again would be refused again, and cost a call and a line in the log
 * each round. A channel that changed is tried at once, any other after a pause that doubles.
 */
export class Quarantine {
  readonly #notes: Pick<OutboxStore, 'setNote'>
  readonly #rows: Map<Bytes32, QuarantinedRow>

  private constructor(notes: Pick<OutboxStore, 'setNote'>, rows: readonly QuarantinedRow[]) {
    this.#notes = notes
    this.#rows = new Map(rows.map((row) => [row.channelId, row]))
  }

  static async open(notes: Pick<OutboxStore, 'setNote' | 'notes'>): Promise<Quarantine> {
    return new Quarantine(notes, await readQuarantine(notes))
  }

  /** Whether a claim of the channel, as it is now, would only be refused again. */
  holds(channel: Channel, nowMs: number): boolean {
    const row = this.#rows.get(channel.channelId)
    if (row === undefined || !isOf(row, channel)) return false
    // What is withdrawn soon is not left for an hour.
    const retryAtMs = channel.closing
      ? Math.min(row.retryAtMs, row.retryAtMs - pauseMs(row.failures) + quarantinePauseFirstMs)
      : row.retryAtMs
    return nowMs < retryAtMs
  }

  async add(channel: Channel, reason: string, nowMs: number): Promise<void> {
    const { channelId } = channel
    const known = this.#rows.get(channelId)
    const before = known !== undefined && isOf(known, channel) ? known : undefined
    const failures = (before?.failures ?? 0) + 1
    const row: QuarantinedRow = {
      channelId,
      reason,
      ...amountsOf(channel),
      failures,
      sinceMs: before?.sinceMs ?? nowMs,
      retryAtMs: nowMs + pauseMs(failures),
    }
    this.#rows.set(channelId, row)
    await this.#notes.setNote(quarantineKey + channelId, JSON.stringify(row))
  }

  async release(channelId: Bytes32): Promise<void> {
    if (this.#rows.delete(channelId)) {
      await this.#notes.setNote(quarantineKey + channelId, undefined)
    }
  }
}

/** Every row that is held back, for whoever wants to see them. */
export const readQuarantine = async (
  notes: Pick<OutboxStore, 'notes'>,
): Promise<readonly QuarantinedRow[]> =>
  (await notes.notes(quarantineKey)).map(({ text }) => JSON.parse(text) as QuarantinedRow)

const pauseMs = (failures: number): number =>
  Math.min(quarantinePauseFirstMs * 2 ** Math.min(failures - 1, 20), quarantinePauseMaxMs)

const amountsOf = (channel: Channel) => ({
  charged: String(channel.chargedCumulativeAmount),
  signed: String(channel.signedMaxClaimable),
  balance: String(channel.balance),
})

const isOf = (row: QuarantinedRow, channel: Channel): boolean => {
  const { charged, signed, balance } = amountsOf(channel)
  return row.charged === charged && row.signed === signed && row.balance === balance
}
