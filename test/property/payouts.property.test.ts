/*
 * A gateway that earns, promises, claims, loses its books and takes them back, in any order, against sums that a child could
 * keep: what it promised is never more than was earned, what was earned never more than the fee leaves of what was charged,
 * and nobody is paid twice or loses what was promised. The ledger's decisions and the signatures are real; where its rows lie
 * is a matter of the stores' own tests, and the chain is a sum.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { channelDomain, channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, recoverSigner } from '../../src/chain/signatures.ts'
import { emptyCreditBook, holdVoucher, paidAmount } from '../../src/contributor/credit-book.ts'
import { contributorShareRoundedDown } from '../../src/domain/contributor-share.ts'
import { canPay } from '../../src/domain/payout-escrow.ts'
import { address, atomic, type Signature } from '../../src/domain/units.ts'
import { promiseEarnings, recoverShown } from '../../src/settlement/payout-promises.ts'
import type { PayoutTerms } from '../../src/settlement/payout-terms.ts'
import { type LedgerSink, LedgerState } from '../../src/store/ledger-state.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import {
  channelConfig,
  channelIdOf as clientChannelIdOf,
  holdOf,
  onChain,
  sealNote,
  voucherOf,
} from '../support/channels.ts'

const feeBps = 1_300
const voucherKey = randomPrivateKey()
const settlement = address(`0x${'5e'.repeat(20)}`)
const domain = channelDomain({ chainId: 31337, verifyingContract: settlement })
const contract = { name: 'none', address: settlement, abi: [] }
const terms: PayoutTerms = {
  chainId: 31337,
  settlement: contract,
  registry: contract,
  token: channelConfig.token,
  domain,
  treasury: channelConfig.payer,
  voucherKey,
  voucherSigner: addressOfPrivateKey(voucherKey),
  receiverAuthorizer: channelConfig.receiverAuthorizer,
  withdrawDelayS: 604_800,
  earningOf: (cost) => contributorShareRoundedDown({ cost, feeBps }),
}
const config = { ...channelConfig, payerAuthorizer: terms.voucherSigner }
const payoutId = channelIdOf(domain, config)
const clients = clientChannelIdOf(0)

type Step =
  | { readonly kind: 'charge'; readonly cost: bigint }
  | { readonly kind: 'promise' | 'deliver' | 'show' | 'look' | 'claim' | 'lose' }
  | { readonly kind: 'deposit'; readonly amount: bigint }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('charge' as const), cost: fc.bigInt(1n, 3_000n) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(['promise', 'promise', 'deliver', 'show', 'look', 'claim'] as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('deposit' as const), amount: fc.bigInt(1n, 5_000n) }),
  },
)

type PayoutBook = Pick<LedgerStore, 'payout' | 'payouts' | 'promisePayout' | 'recoverPromise'>

/** The ledger's rows go nowhere: whoever loses the state has lost the book. */
const nowhere = new Proxy({}, { get: () => () => {} }) as LedgerSink

/** Everything around the books, as sums. */
class World {
  #state = new LedgerState(nowhere)
  requests = 0
  readonly chain = { balance: 4_000n, claimed: 0n }
  charged = 0n
  earned = 0n
  /** The highest that ever left the house. */
  sentAmount = 0n
  sent: { readonly amount: bigint; readonly signature: Signature } | undefined
  /** What the contributor holds. */
  held = emptyCreditBook
  /** Earned, and gone with a book before the contributor held a promise of it: its risk. */
  forgotten = 0n

  constructor() {
    this.openLedger()
  }

  get ledger(): PayoutBook {
    const state = this.#state
    return {
      payout: async (id) => state.payouts.get(id),
      payouts: async () => [...state.payouts.values()],
      promisePayout: async (voucher) => state.promisePayout(voucher),
      recoverPromise: async (voucher) => state.recoverPromise(voucher),
    }
  }

  openLedger(): void {
    this.#state = new LedgerState(nowhere)
    const deposit = onChain(1_000_000_000n)
    this.#state.openChannel({ channelId: clients, chainId: 31337, config, onChain: deposit })
    this.#state.acceptVoucher(voucherOf(clients, 1_000_000_000n))
    this.openPayout()
  }

  openPayout(): void {
    const { balance, claimed } = this.chain
    const facts = onChain(balance, { totalClaimed: atomic(claimed) })
    const contributor = address(`0x${'c0'.repeat(20)}`)
    this.#state.openPayout({ payoutId, chainId: 31337, contributor, config, onChain: facts })
    this.#state.observePayout(payoutId, facts)
  }

  async payout() {
    const payout = await this.ledger.payout(payoutId)
    if (payout === undefined) throw new Error('the payout has a book')
    return payout
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'charge':
        return this.charge(step.cost)
      case 'promise':
        for (const { promisedAmount, voucherSignature } of await promiseEarnings({
          terms,
          ledger: this.ledger,
        })) {
          this.sent = { amount: promisedAmount, signature: voucherSignature }
          if (promisedAmount > this.sentAmount) this.sentAmount = promisedAmount
        }
        return undefined
      case 'deliver':
        return this.deliver()
      case 'show':
        return this.show()
      case 'look':
        return this.openPayout()
      case 'claim':
        // By anyone who holds the voucher, as far as the escrow goes.
        this.chain.claimed = paidAmount(this.held)
        return undefined
      case 'deposit':
        this.chain.balance += step.amount
        return undefined
      case 'lose': {
        const { earnedAmount } = await this.payout()
        const held = paidAmount(this.held)
        const known = earnedAmount > held ? earnedAmount : held
        this.forgotten += known - (held > this.chain.claimed ? held : this.chain.claimed)
        this.openLedger()
        this.sent = undefined
        return undefined
      }
    }
  }

  async charge(cost: bigint): Promise<void> {
    const share = terms.earningOf(atomic(cost))
    // The contributor shows its voucher with each answer, before the answer is charged.
    await this.show()
    // The rule at routing time: nobody works for what its escrow cannot pay.
    if (!canPay(await this.payout(), { inFlight: atomic(0n), share })) return
    this.requests += 1
    const requestId = `req_${this.requests}`
    const taken = this.#state.hold(holdOf(requestId, clients, cost))
    if (!taken.ok) throw new Error(taken.error.reason)
    const earning = { payoutId, amount: share }
    this.#state.charge(requestId, atomic(cost), sealNote(requestId), earning)
    this.charged += cost
    this.earned += share
  }

  deliver(): void {
    if (this.sent === undefined) return
    const { amount, signature } = this.sent
    const maxClaimableAmount = atomic(amount)
    const digest = voucherDigest(domain, { channelId: payoutId, maxClaimableAmount })
    expect(recoverSigner(digest, signature)).toBe(terms.voucherSigner)
    expect(amount).toBeLessThanOrEqual(this.chain.balance)
    const voucher = { channelId: payoutId, chainId: 31337, config, maxClaimableAmount, signature }
    this.held = holdVoucher(this.held, voucher)
  }

  async show(): Promise<void> {
    const [voucher] = this.held.vouchers
    if (voucher === undefined) return
    const shown = await recoverShown({ terms, ledger: this.ledger }, voucher)
    expect(typeof shown === 'string' ? shown : shown.promisedAmount).toBeGreaterThanOrEqual(
      voucher.maxClaimableAmount,
    )
  }

  /** What any day ends with: the contributor shows what it has, gets a voucher for the rest, and claims. */
  async payAll(): Promise<void> {
    this.chain.balance += this.earned
    for (const kind of ['look', 'show', 'promise', 'deliver', 'claim'] as const) {
      await this.take({ kind })
    }
  }

  async check(): Promise<void> {
    const { totalClaimed, promisedAmount, earnedAmount, balance } = await this.payout()
    expect(totalClaimed).toBeLessThanOrEqual(promisedAmount)
    expect(promisedAmount).toBeLessThanOrEqual(earnedAmount)
    expect(promisedAmount).toBeLessThanOrEqual(balance)
    // What the books say was earned was earned, whatever was lost in between.
    expect(earnedAmount).toBeLessThanOrEqual(this.earned)
    expect(this.sentAmount).toBeLessThanOrEqual(this.earned)
    expect(this.earned * 10_000n).toBeLessThanOrEqual(this.charged * BigInt(10_000 - feeBps))
    expect(this.chain.claimed).toBeLessThanOrEqual(this.sentAmount)
    expect(paidAmount(this.held)).toBeLessThanOrEqual(this.chain.balance)
  }
}

test('promised, earned and charged keep their order, whatever is lost and found again', async () => {
  const reached: Record<Step['kind'], number> = {
    charge: 0,
    promise: 0,
    deliver: 0,
    show: 0,
    look: 0,
    claim: 0,
    lose: 0,
    deposit: 0,
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { minLength: 10, maxLength: 60, size: 'max' }),
      async (steps) => {
        const world = new World()
        for (const step of steps) {
          const { promisedAmount: before } = await world.payout()
          const { claimed } = world.chain
          await world.take(step)
          await world.check()
          const { promisedAmount: after } = await world.payout()
          const changed = after !== before || world.chain.claimed > claimed
          if (changed) reached[step.kind] += 1
        }
        await world.payAll()
        // Everything that was earned is paid, once, but what went with a book before it was promised.
        expect(world.chain.claimed).toBe(world.earned - world.forgotten)
      },
    ),
    { numRuns: 500 },
  )
  // Each of these changed what is promised or paid, at least once.
  for (const kind of ['promise', 'show', 'claim', 'lose'] as const) {
    expect(reached[kind]).toBeGreaterThan(0)
  }
})
