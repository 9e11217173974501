/*
 * What races may cost. A job that any gateway may answer is a race: whoever comes second pays for a transaction that brings
 * nothing. Before such a transaction is sent, all that it may cost is set aside here, and it is not sent where that is more
 * than is left: so that all races ever lost never cost more than the operator's stake and what won ones brought.
 *
 * Invariants, for any order of calls, of any number of processes:
 *   (1) raceBudget + net - (the sum of what is at risk) >= 0 after every `stake` that answers true
 *   (2) an intent is booked once: what is at risk for it leaves with its outcome, in one write
 */
import type { ContractJobStore } from '../store/contract-job-store.ts'

/** A transaction that is on its way, until its outcome is final. Amounts are atomic units of the chain's asset. */
export type Stake = {
  /** What it costs at most; of one that nobody else can win, 0: what it costs is booked, but nothing is set aside. */
  readonly worstCost: bigint
  /** What it brings where it wins. */
  readonly fee: bigint
  /** After this second of the chain nothing of it can be sent any more. */
  readonly notAfterS: number
}

export type Bankroll = {
  /** What races brought beyond what they and late transactions cost. */
  readonly net: bigint
  /** By intent. */
  readonly atRisk: ReadonlyMap<string, Stake>
}

export type RaceOutcome = {
  /** What it brought, of a race; what others bring is not risked on races. */
  readonly earned: bigint
  /** What it cost beyond what it brought by itself. */
  readonly cost: bigint
}

export const emptyBankroll: Bankroll = { net: 0n, atRisk: new Map() }

/** What may be set aside for one more. */
export function leftToLose({ net, atRisk }: Bankroll, raceBudget: bigint): bigint {
  let left = raceBudget + net
  for (const { worstCost } of atRisk.values()) left -= worstCost
  return left
}

/**
 * Undefined where it is more than is left. Of the same intent again, as by a process that goes on with it at other prices, the
 * larger of the two is at risk.
 */
export function setAside(
  bankroll: Bankroll,
  one: { readonly intentId: string; readonly stake: Stake; readonly raceBudget: bigint },
): Bankroll | undefined {
  const { intentId, stake, raceBudget } = one
  const before = bankroll.atRisk.get(intentId)
  const more = stake.worstCost - (before?.worstCost ?? 0n)
  if (before !== undefined && more <= 0n) return bankroll
  if (more > 0n && leftToLose(bankroll, raceBudget) < more) return undefined
  return { ...bankroll, atRisk: new Map([...bankroll.atRisk, [intentId, stake]]) }
}

/** The outcome of an intent that something was set aside for; of any other it was booked before. */
export function bookOutcome(
  bankroll: Bankroll,
  intentId: string,
  { earned, cost }: RaceOutcome,
): Bankroll {
  if (!bankroll.atRisk.has(intentId)) return bankroll
  const atRisk = new Map(bankroll.atRisk)
  atRisk.delete(intentId)
  return { net: bankroll.net + earned - cost, atRisk }
}

type Notes = Pick<ContractJobStore, 'note' | 'setNote'>

/** The bankroll of one chain, shared by all processes on one store. All methods throw StoreFailure. */
export type RaceBankroll = {
  readonly read: () => Promise<Bankroll>
  /** Durable when it resolves. False: it is more than is left. */
  readonly stake: (intentId: string, stake: Stake) => Promise<boolean>
  readonly book: (intentId: string, outcome: RaceOutcome) => Promise<void>
}

export function openRaceBankroll(terms: {
  readonly notes: Notes
  readonly chainId: number
  readonly raceBudget: bigint
}): RaceBankroll {
  const { notes, chainId, raceBudget } = terms
  const key = `bankroll:${chainId}`
  /** Again where another process was faster: it has done something, so that this ends. */
  async function change(by: (known: Bankroll) => Bankroll | undefined): Promise<boolean> {
    for (;;) {
      const note = await notes.note(key)
      const known = note === undefined ? emptyBankroll : decodeBankroll(note.text)
      const next = by(known)
      if (next === undefined) return false
      if (next === known) return true
      const revision = note?.revision ?? 0
      if (await notes.setNote(key, { text: encodeBankroll(next), revision })) return true
    }
  }
  return {
    read: async () => {
      const note = await notes.note(key)
      return note === undefined ? emptyBankroll : decodeBankroll(note.text)
    },
    stake: (intentId, stake) => change((known) => setAside(known, { intentId, stake, raceBudget })),
    book: async (intentId, outcome) => {
      await change((known) => bookOutcome(known, intentId, outcome))
    },
  }
}

type StakeJson = { readonly worstCost: string; readonly fee: string; readonly notAfterS: number }

const encodeBankroll = ({ net, atRisk }: Bankroll): string =>
  JSON.stringify({
    net: String(net),
    atRisk: [...atRisk].map(([intentId, { worstCost, fee, notAfterS }]) => [
      intentId,
      { worstCost: String(worstCost), fee: String(fee), notAfterS },
    ]),
  })

/** The inverse, for text that this module wrote. */
function decodeBankroll(text: string): Bankroll {
  const { net, atRisk } = JSON.parse(text) as {
    readonly net: string
    readonly atRisk: readonly (readonly [intentId: string, stake: StakeJson])[]
  }
  return {
    net: BigInt(net),
    atRisk: new Map(
      atRisk.map(([intentId, { worstCost, fee, notAfterS }]) => [
        intentId,
        { worstCost: BigInt(worstCost), fee: BigInt(fee), notAfterS },
      ]),
    ),
  }
}
