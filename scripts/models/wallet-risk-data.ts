import type { Draws } from './draws.ts'
import type { Example } from './example.ts'

/** What is known of a wallet from the chain, in the order in which the model reads it. */
export const walletFeatures = [
  'age, days',
  'transactions',
  'counterparties',
  'inflow, ether',
  'outflow, ether',
  'inflow from mixers, percent',
  'hops to the nearest flagged wallet, 7 for none within 6',
  'calls to contracts, percent of transactions',
  'open unlimited approvals',
  'busiest day, transactions',
  'longest pause, days',
  'inflow from exchanges, percent',
] as const

type Wallet = readonly number[]
type Kind = {
  readonly share: number
  readonly isRisky: boolean
  readonly draw: (draws: Draws) => Wallet
}

/**
 * Made-up wallets of ten kinds, six honest and four not, that overlap; 4 % carry the other label, as labels of real wallets do.
 * `wanted` is 100 for a risky one and 0 for another, so that a regression of it says percent.
 */
export function walletExamples(count: number, draws: Draws): readonly Example[] {
  return Array.from({ length: count }, () => {
    const drawn = kindAt(draws.uniform())
    const inputs = drawn.draw(draws).map((value) => Math.round(100 * value) / 100)
    const isRisky = draws.isTrue(0.04) ? !drawn.isRisky : drawn.isRisky
    return { inputs, wanted: isRisky ? 100 : 0 }
  })
}

function kindAt(place: number): Kind {
  let below = 0
  for (const tried of kinds) {
    below += tried.share
    if (place < below) return tried
  }
  throw new Error('the shares of the kinds do not add up to 1')
}

const percent = (value: number): number => Math.max(0, Math.min(100, value))
const hops = (draws: Draws, near: number): number =>
  draws.isTrue(near) ? 1 + draws.below(3) : draws.isTrue(0.75) ? 7 : 4 + draws.below(3)

type Habits = {
  readonly age: readonly [mean: number, deviation: number]
  readonly transactions: readonly [mean: number, deviation: number]
  /** Counterparties for each transaction. */
  readonly spread: number
  readonly inflow: readonly [mean: number, deviation: number]
  /** The share of what came in that went out again. */
  readonly passedOn: number
  readonly mixed: number
  readonly nearFlagged: number
  readonly contracts: number
  readonly approvals: number
  /** The share of all transactions that fell on one day. */
  readonly burst: number
  readonly exchanges: number
}

/** Log-normal sizes around the habits of a kind. */
function kind(share: number, isRisky: boolean, habits: Habits): Kind {
  const draw = (draws: Draws): Wallet => {
    const age = Math.min(4_000, draws.logNormal(...habits.age))
    const transactions = 1 + Math.floor(Math.min(20_000, draws.logNormal(...habits.transactions)))
    const inflow = Math.min(50_000, draws.logNormal(...habits.inflow))
    const vary = (value: number): number => value * Math.exp(0.5 * draws.normal())
    const mixed = draws.isTrue(habits.mixed) ? percent(60 + 35 * draws.normal()) : 0
    return [
      age,
      transactions,
      Math.max(1, Math.floor(vary(habits.spread) * transactions)),
      inflow,
      inflow * Math.min(1, vary(habits.passedOn)),
      mixed,
      hops(draws, habits.nearFlagged),
      percent(100 * vary(habits.contracts)),
      Math.floor(vary(habits.approvals) * 2 * draws.uniform()),
      Math.max(1, Math.floor(vary(habits.burst) * transactions)),
      (age / 2) * draws.uniform(),
      percent((100 - mixed) * vary(habits.exchanges)),
    ]
  }
  return { share, isRisky, draw }
}

const kinds: readonly Kind[] = [
  // A person who keeps something, one who trades, a bot, one that is new, one who hides what is rightly its own, and a victim.
  kind(0.24, false, {
    age: [6, 0.9],
    transactions: [3, 1.1],
    spread: 0.4,
    inflow: [0.8, 1.4],
    passedOn: 0.5,
    mixed: 0.02,
    nearFlagged: 0.05,
    contracts: 0.3,
    approvals: 1,
    burst: 0.2,
    exchanges: 0.5,
  }),
  kind(0.15, false, {
    age: [6, 0.9],
    transactions: [5.5, 1.1],
    spread: 0.12,
    inflow: [2.5, 1.4],
    passedOn: 0.85,
    mixed: 0.03,
    nearFlagged: 0.2,
    contracts: 0.7,
    approvals: 7,
    burst: 0.1,
    exchanges: 0.3,
  }),
  kind(0.08, false, {
    age: [5, 1],
    transactions: [7, 1.1],
    spread: 0.05,
    inflow: [3.5, 1.2],
    passedOn: 0.95,
    mixed: 0.02,
    nearFlagged: 0.15,
    contracts: 0.8,
    approvals: 4,
    burst: 0.15,
    exchanges: 0.15,
  }),
  kind(0.13, false, {
    age: [2.6, 1],
    transactions: [2, 1.1],
    spread: 0.6,
    inflow: [0.2, 1.5],
    passedOn: 0.7,
    mixed: 0.03,
    nearFlagged: 0.06,
    contracts: 0.4,
    approvals: 1,
    burst: 0.5,
    exchanges: 0.4,
  }),
  kind(0.07, false, {
    age: [6, 0.8],
    transactions: [3.5, 1],
    spread: 0.4,
    inflow: [2, 1.3],
    passedOn: 0.3,
    mixed: 0.8,
    nearFlagged: 0.35,
    contracts: 0.4,
    approvals: 2,
    burst: 0.15,
    exchanges: 0.2,
  }),
  kind(0.07, false, {
    age: [5.8, 0.9],
    transactions: [4, 1],
    spread: 0.3,
    inflow: [1.5, 1.3],
    passedOn: 0.95,
    mixed: 0.02,
    nearFlagged: 0.9,
    contracts: 0.5,
    approvals: 6,
    burst: 0.2,
    exchanges: 0.45,
  }),
  // Who empties others' wallets, who washes what was taken, who is paid by the deceived, and old wallets that were bought.
  kind(0.08, true, {
    age: [3, 1],
    transactions: [4.5, 1.1],
    spread: 0.7,
    inflow: [2, 1.4],
    passedOn: 0.95,
    mixed: 0.15,
    nearFlagged: 0.5,
    contracts: 0.5,
    approvals: 1,
    burst: 0.4,
    exchanges: 0.1,
  }),
  kind(0.07, true, {
    age: [3.8, 1.1],
    transactions: [3, 1],
    spread: 0.5,
    inflow: [3, 1.4],
    passedOn: 0.98,
    mixed: 0.7,
    nearFlagged: 0.35,
    contracts: 0.25,
    approvals: 0.5,
    burst: 0.3,
    exchanges: 0.12,
  }),
  kind(0.06, true, {
    age: [4, 1],
    transactions: [4.5, 1.1],
    spread: 0.85,
    inflow: [1.5, 1.3],
    passedOn: 0.9,
    mixed: 0.06,
    nearFlagged: 0.3,
    contracts: 0.15,
    approvals: 0.5,
    burst: 0.25,
    exchanges: 0.35,
  }),
  kind(0.05, true, {
    age: [6.3, 0.7],
    transactions: [3, 1],
    spread: 0.35,
    inflow: [2.8, 1.3],
    passedOn: 0.98,
    mixed: 0.08,
    nearFlagged: 0.45,
    contracts: 0.2,
    approvals: 0.5,
    burst: 0.55,
    exchanges: 0.08,
  }),
]
