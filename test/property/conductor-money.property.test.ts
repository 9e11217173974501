/*
 * The conductor's money against sums: any schedule of requests that are admitted whole or by a slice, grow, are checkpointed,
 * charged or released, with deaths of the gateway and reapers of another in between, keeps the numbered invariants of
 * domain/channel-ledger.ts (1)-(4) and key-spending.ts (7), and what is accepted is what the sums allow.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { atomic, zeroAddress } from '../../src/domain/units.ts'
import { recoverHolds, recoveryContext } from '../../src/gateway/recover-holds.ts'
import type { GrowingHold } from '../../src/payment/growing-hold.ts'
import { createPaymentStep, heldAmountOf } from '../../src/payment/payment-step.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { nobodyLimited } from '../support/caller-limits.ts'
import {
  channelConfig,
  channelIdOf,
  onChain,
  receiptIdOf,
  sealNote,
  untilDurable,
  voucherOf,
} from '../support/channels.ts'
import { testDomain } from '../support/gateway-on-ledger.ts'
import { type LedgerPlace, sqlitePlace } from '../support/ledger-place.ts'
import { inferenceRequest, offerOf } from '../support/requests.ts'

const channelId = channelIdOf(0)
const balance = 1_000_000n
const signedAtFirst = 6_000n
const cap = { budgetId: 'key_1', capAmount: atomic(9_000n) }
const offer = offerOf({ contextTokensMax: 4_000, completionTokensMax: 2_000 })
/** 1 byte of prompt and 16 of template at 1; completion tokens at 2. */
const costOf = (completionTokens: number): bigint => 17n + 2n * BigInt(completionTokens)
const sliceTokens = 512

type Open = {
  held: bigint
  readonly stream: boolean
  readonly capped: boolean
  readonly growing: GrowingHold | undefined
  checkpoint: number
}
type Model = {
  signed: bigint
  charged: bigint
  chargedUnderCap: bigint
  claimed: bigint
  receipts: number
  requests: number
  readonly open: Map<string, Open>
  /** Ended by a reaper while its owner lives on. */
  readonly lost: Map<string, Open>
}
type Real = { place: LedgerPlace; store: LedgerStore }

const accepted = new Map<string, number>()
const note = (what: string) => accepted.set(what, (accepted.get(what) ?? 0) + 1)

const heldIn = (model: Model, capped?: true): bigint =>
  [...model.open.values()]
    .filter((open) => capped === undefined || open.capped)
    .reduce((sum, { held }) => sum + held, 0n)
const channelFree = (model: Model): bigint => model.signed - model.charged - heldIn(model)
const capFree = (model: Model, capped: boolean): bigint =>
  capped ? cap.capAmount - model.chargedUnderCap - heldIn(model, true) : balance

async function compare(model: Model, { store }: Real): Promise<void> {
  const channel = await store.channel(channelId)
  if (channel === undefined) throw new Error('the channel is gone')
  expect(channel).toMatchObject({
    chargedCumulativeAmount: model.charged,
    heldAmount: heldIn(model),
    totalClaimed: model.claimed,
    receiptSeq: model.receipts,
  })
  expect(channel.totalClaimed).toBeLessThanOrEqual(channel.chargedCumulativeAmount) // (1)
  expect(channel.chargedCumulativeAmount + channel.heldAmount).toBeLessThanOrEqual(model.signed) // (2)
  expect(channel.signedMaxClaimable).toBe(model.signed) // (4)
  expect(channel.signedMaxClaimable).toBeLessThanOrEqual(channel.balance) // (3)
  const spending = await store.keySpending(cap.budgetId)
  expect(spending).toMatchObject({
    chargedAmount: model.chargedUnderCap,
    heldAmount: heldIn(model, true),
  })
  expect(spending.chargedAmount + spending.heldAmount).toBeLessThanOrEqual(cap.capAmount) // (7)
}

type Step = (model: Model, real: Real) => Promise<void>
const command = (name: string, step: Step): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run: async (model, real) => {
    await step(model, real)
    await compare(model, real)
  },
  toString: () => name,
})

type Asked = { readonly stream: boolean; readonly capped: boolean; readonly tokens: number }

const admitCommand = ({ stream, capped, tokens }: Asked) =>
  command(`admit ${stream} ${capped} ${tokens}`, async (model, { store }) => {
    model.requests += 1
    const requestId = `r${model.requests}`
    const request = {
      ...inferenceRequest({ stream, max_tokens: tokens }),
      requestId,
      receiptId: receiptIdOf(requestId),
      payer: {
        kind: 'api-key',
        apiKeyId: 'key_1',
        channelId,
        spendCap: capped ? cap : undefined,
        modelScope: undefined,
      },
    } as const
    const context = recoveryContext(request, [{ offer } as never])
    const admitted = await createPaymentStep(store).admit(request, [offer], context)
    const free = [channelFree(model), capFree(model, capped)]
    const fits = (amount: bigint) => free.every((left) => amount <= left)
    const slice = costOf(Math.min(tokens, sliceTokens))
    const held = fits(costOf(tokens)) ? costOf(tokens) : stream && fits(slice) ? slice : undefined
    expect(admitted.ok ? heldAmountOf(admitted.value) : undefined).toBe(held)
    if (!admitted.ok || held === undefined) {
      note('refusal')
      return
    }
    expect(admitted.value.growing === undefined).toBe(held === costOf(tokens))
    note(held === costOf(tokens) ? 'whole' : 'slice')
    model.open.set(requestId, {
      held,
      stream,
      capped,
      growing: admitted.value.growing,
      checkpoint: 0,
    })
  })

const pick = (open: ReadonlyMap<string, Open>, index: number): [string, Open] | undefined =>
  [...open][index % Math.max(open.size, 1)]

const growCommand = (index: number, tokens: number) =>
  command(`grow ${index} ${tokens}`, async (model) => {
    const growing = new Map([...model.open].filter(([, open]) => open.growing !== undefined))
    const [, open] = pick(growing, index) ?? []
    if (open?.growing === undefined) return
    const least = costOf(tokens)
    const wanted = costOf(tokens + sliceTokens)
    const granted = await open.growing.grow({ least: atomic(least), wanted: atomic(wanted) })
    const free = [channelFree(model), capFree(model, open.capped)]
    const further = wanted - open.held
    const short = free.find((left) => left < further)
    if (further <= 0n) expect(granted).toBe(true)
    else if (short === undefined) open.held = wanted
    else if (short > 0n && open.held + short >= least && free.every((left) => left >= short)) {
      open.held += short
      note('rest')
    } else {
      expect(granted).toBe(false)
      note('no more')
      return
    }
    expect(granted).toBe(true)
    expect(open.growing.heldAmount).toBe(open.held)
    note('growth')
  })

const checkpointCommand = (index: number, events: number) =>
  command(`checkpoint ${index} ${events}`, async (model, { store }) => {
    const streams = new Map([...model.open].filter(([, { stream }]) => stream))
    const [requestId, open] = pick(streams, index) ?? []
    if (requestId === undefined || open === undefined) return
    open.checkpoint += events
    const checkpoint = JSON.stringify({ contentEvents: open.checkpoint })
    createPaymentStep(store).checkpoint(requestId, checkpoint)
    note('checkpoint')
  })

function book(model: Model, open: Open, amount: bigint): void {
  model.charged += amount
  if (open.capped) model.chargedUnderCap += amount
  model.receipts += 1
}

const chargeCommand = (index: number, percent: bigint) =>
  command(`charge ${index} ${percent}`, async (model, { store }) => {
    const [requestId, open] = pick(model.open, index) ?? []
    if (requestId === undefined || open === undefined) return
    const amount = (open.held * percent) / 100n
    const charged = await createPaymentStep(store).charge(
      requestId,
      atomic(amount),
      sealNote(requestId),
    )
    expect(charged).toBeDefined()
    model.open.delete(requestId)
    book(model, open, amount)
    note('charge')
  })

const releaseCommand = (index: number) =>
  command(`release ${index}`, async (model, { store }) => {
    const [requestId] = pick(model.open, index) ?? []
    if (requestId === undefined) return
    await createPaymentStep(store).release(requestId)
    model.open.delete(requestId)
    note('release')
  })

/** The chain takes part of what was charged; a word that claims more is not believed. */
const claimCommand = (percent: bigint) =>
  command(`claim ${percent}`, async (model, { store }) => {
    const totalClaimed = (model.charged * percent) / 100n
    await store.observeChain(channelId, onChain(balance, { totalClaimed: atomic(totalClaimed) }))
    if (totalClaimed <= model.claimed || totalClaimed > model.charged) return
    model.claimed = totalClaimed
    note('claim')
  })

/** The payer trusts the gateway with more; beyond the deposit it cannot. */
const voucherCommand = (amount: bigint) =>
  command(`voucher ${amount}`, async (model, { store }) => {
    const accepted = await store.acceptVoucher(voucherOf(channelId, model.signed + amount))
    expect(accepted.ok).toBe(model.signed + amount <= balance)
    if (!accepted.ok) return
    model.signed += amount
    note('voucher')
  })

const privateKey = randomPrivateKey()
const operator = addressOfPrivateKey(privateKey)

const recover = (payment: ReturnType<typeof createPaymentStep>) =>
  recoverHolds({
    ...nobodyLimited,
    payment,
    signer: {
      operator,
      privateKey,
      domain: testDomain,
      chainId: 1,
      verifyingContract: zeroAddress,
    },
    payerOf: async () => channelConfig.payer,
    nowMs: () => 0,
  })

/** What recovery makes of a request: each content event a token, the prompt free, never beyond the hold. */
function recovered(model: Model, requestId: string, open: Open): void {
  model.open.delete(requestId)
  if (open.checkpoint === 0) return
  const price = 2n * BigInt(open.checkpoint)
  book(model, open, price < open.held ? price : open.held)
  note('recovered charge')
}

const crashCommand = () =>
  command('crash', async (model, real) => {
    await untilDurable(real.store, channelId)
    const copy = real.place.copy()
    await real.store.close()
    real.place.remove()
    real.place = copy
    real.store = copy.open()
    const { charged, released } = await recover(createPaymentStep(real.store))
    // A hold of an answer in one piece died with the memory that it was in.
    const written = [...model.open.values()].filter(({ stream }) => stream)
    expect(charged + released).toBe(written.length)
    for (const [requestId, open] of [...model.open]) recovered(model, requestId, open)
    model.lost.clear()
    note('crash')
  })

/** A reaper of another replica takes the owner of one request for dead. */
const reapCommand = (index: number) =>
  command(`reap ${index}`, async (model, { store }) => {
    const [requestId, open] = pick(model.open, index) ?? []
    if (requestId === undefined || open === undefined) return
    const orphans = await orphansAsSeenBy(store, requestId, open)
    const payment = { ...createPaymentStep(store), orphanedHolds: async () => orphans }
    const { charged, released } = await recover(payment)
    expect(charged + released).toBe(1)
    recovered(model, requestId, open)
    model.lost.set(requestId, open)
    // A second reaper, slower, finds nothing to do.
    expect((await recover(payment)).charged).toBe(0)
    note('reap')
  })

async function orphansAsSeenBy(store: LedgerStore, requestId: string, open: Open) {
  // The same request id again answers the hold that stands, with the context that recovery needs.
  const stands = await store.hold({
    requestId,
    channelId,
    heldAmount: atomic(0n),
    context: '',
    budget: undefined,
    announces: false,
  })
  if (!stands.ok) throw new Error(stands.error.reason)
  const { hold } = stands.value.value
  expect(hold.heldAmount).toBe(open.held)
  const checkpoint = JSON.stringify({ contentEvents: open.checkpoint })
  return [{ ...hold, checkpoint: open.checkpoint === 0 ? undefined : checkpoint }]
}

/** The owner was only slow: whatever it does to its request now changes nothing, and it is told. */
const lateOwnerCommand = (index: number) =>
  command(`late owner ${index}`, async (model, { store }) => {
    const [requestId, open] = pick(model.lost, index) ?? []
    if (requestId === undefined || open === undefined) return
    const payment = createPaymentStep(store)
    const wanted = atomic(open.held + 1n)
    if (open.growing !== undefined) {
      expect(await open.growing.grow({ least: wanted, wanted })).toBe(false)
    }
    expect(await payment.charge(requestId, atomic(1n), sealNote(requestId))).toBeUndefined()
    await payment.release(requestId)
    payment.checkpoint(requestId, JSON.stringify({ contentEvents: 9_999 }))
    note('late owner')
  })

const index = fc.nat(30)
/** Most ask for more than a slice. */
const tokens = fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1_200, max: 2_000 }))
const percent = fc.bigInt({ min: 0n, max: 100n })
/** Most answers cost much less than their worst case. */
const share = fc.oneof(percent, fc.bigInt({ min: 0n, max: 20n }))
const admits = fc
  .record({
    stream: fc.integer({ min: 0, max: 3 }).map((dice) => dice > 0),
    capped: fc.boolean(),
    tokens,
  })
  .map(admitCommand)
const grows = fc.tuple(index, tokens).map((args) => growCommand(...args))
const charges = fc.tuple(index, share).map((args) => chargeCommand(...args))
const vouchers = fc.bigInt({ min: 200n, max: 1_200n }).map(voucherCommand)
const commands = [
  ...[admits, admits, admits, admits, admits, grows, grows, grows, grows, grows, grows],
  ...[charges, charges, index.map(releaseCommand), index.map(reapCommand)],
  ...[index.map(lateOwnerCommand), percent.map(claimCommand)],
  ...[vouchers, vouchers],
  fc.tuple(index, fc.integer({ min: 1, max: 400 })).map((args) => checkpointCommand(...args)),
  // A crash ends everything that is open: now and then.
  fc
    .integer({ min: 0, max: 3 })
    .map((dice) => (dice === 0 ? crashCommand() : voucherCommand(300n))),
]

async function openChannel(store: LedgerStore): Promise<void> {
  const terms = { channelId, chainId: 31337, config: channelConfig, onChain: onChain(balance) }
  await (await store.openChannel(terms)).durable
  const accepted = await store.acceptVoucher(voucherOf(channelId, signedAtFirst))
  if (!accepted.ok) throw new Error(accepted.error.reason)
  await accepted.value.durable
}

test('any schedule of requests, deaths and reapers agrees with the sums', async () => {
  const sequences = fc.commands(commands, { maxCommands: 120, size: 'max' })
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      const place = sqlitePlace()
      const real: Real = { place, store: place.open() }
      await openChannel(real.store)
      const model: Model = {
        signed: signedAtFirst,
        charged: 0n,
        chargedUnderCap: 0n,
        claimed: 0n,
        receipts: 0,
        requests: 0,
        open: new Map(),
        lost: new Map(),
      }
      try {
        await fc.asyncModelRun(() => ({ model, real }), sequence)
      } finally {
        await real.store.close()
        real.place.remove()
      }
    }),
    // The same sequences each time: what they covered is asserted below.
    { numRuns: 16, seed: 20_261_122 },
  )
  const every = [
    ...['whole', 'slice', 'refusal', 'growth', 'rest', 'no more', 'checkpoint', 'charge'],
    ...['release', 'claim', 'crash', 'recovered charge', 'reap', 'late owner'],
  ]
  for (const what of every) expect(accepted.get(what) ?? 0, what).toBeGreaterThan(3)
})
