/*
 * The wallet against a real gateway, and against one that lies with its own key: it changes what the real one says and signs
 * again.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { hashPriceSheet, receiptDigest } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import { GatewayBilling } from '../../../src/client/gateway-billing.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../../src/client/trust-anchors.ts'
import { freshWallet, type WalletState } from '../../../src/client/wallet.ts'
import { runWalletRound, type WalletDeps } from '../../../src/client/wallet-round.ts'
import type { PriceSheet } from '../../../src/domain/price-sheet.ts'
import type { Receipt } from '../../../src/domain/receipt.ts'
import { address, atomic, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { testDomain } from '../../support/gateway-on-ledger.ts'
import { type OwnedChannel, startOwnedChannel } from '../../support/owned-channel.ts'

const receiptCount = 4
let owned: OwnedChannel
let billing: GatewayBilling
let honest: WalletDeps
let saved: WalletState[]

beforeAll(async () => {
  owned = await startOwnedChannel(20_000n)
  for (let asked = 0; asked < receiptCount; asked += 1) await owned.ask()
  await owned.gateway.books()
  billing = new GatewayBilling(owned.gateway.origin, owned.authorization)
  const terms = await billing.terms()
  if (!terms.ok) throw new Error(terms.error.reason)
  const { signer } = owned.gateway
  honest = {
    place: owned.place,
    billing,
    trust: {
      config: owned.place.config,
      gateway: signer.operator,
      anchors: {
        ...noTrustAnchors,
        receiptVerifier: { chainId: signer.chainId, verifyingContract: signer.verifyingContract },
        gatewayKeys: [{ operator: signer.operator, key: addressOfPrivateKey(signer.privateKey) }],
      },
      priceHashes: new Set(terms.value.models.map(({ price_hash }) => price_hash)),
      priceSheets: [],
      openedAt: unixSeconds(Math.floor(Date.now() / 1000)),
    },
    limits: {
      tranche: atomic(30_000n),
      threshold: atomic(0n),
      total: undefined,
      perDay: undefined,
    },
    sessionKey: owned.sessionKey,
    chain: undefined,
    save: (state) => saved.push(state),
    nowMs: Date.now,
  }
})

afterAll(() => owned.stop())

const round = (change: Partial<WalletDeps> = {}, before = freshWallet(owned.place.channelId)) => {
  saved = []
  return runWalletRound({ ...honest, ...change }, before)
}

/** A gateway that shows other receipts than it has. */
const showing = (
  change: (receipts: readonly ParsedReceipt[]) => readonly ParsedReceipt[],
): Pick<WalletDeps, 'billing' | 'limits'> => ({
  billing: {
    channel: () => billing.channel(),
    sendVoucher: () => Promise.reject(new Error('a voucher was signed')),
    receipts: async (afterSeq) => {
      const page = await billing.receipts(afterSeq)
      return page.ok ? ok(change(page.value)) : page
    },
  },
  limits: { ...honest.limits, threshold: atomic(1_000_000n) },
})

/** The receipt as a lying gateway would have signed it. */
function resigned(
  parsed: ParsedReceipt,
  change: Partial<Receipt>,
  key = owned.gateway.signer.privateKey,
): ParsedReceipt {
  const receipt = { ...parsed.receipt, ...change }
  return {
    ...parsed,
    receipt,
    gatewaySignature: signDigest(receiptDigest(testDomain, receipt), key),
  }
}

/** Changes the receipt of this number and leaves the others. */
const changing = (seq: number, change: (parsed: ParsedReceipt) => ParsedReceipt) =>
  showing((receipts) =>
    receipts.map((parsed) => (parsed.receipt.channelSeq === seq ? change(parsed) : parsed)),
  )

describe('a wallet that agreed to a highest price', () => {
  /** As if the agreed sheet were another one than the receipts', and these its prices. */
  const agreeing = async (change: Partial<PriceSheet>) => {
    const page = await billing.receipts(0)
    const [first = expect.fail('there are receipts')] = page.ok ? page.value : []
    const priceSheets = [{ ...first.priceSheet, ...change }]
    return round({ trust: { ...honest.trust, priceHashes: new Set(), priceSheets } })
  }

  test('takes whatever is no dearer', async () => {
    const dear = atomic(10n ** 12n)
    expect((await agreeing({ completionAtomicPerMtok: dear, validUntil: unixSeconds(1) })).ok).toBe(
      true,
    )
    expect((await agreeing({})).ok).toBe(true)
  })

  test.each<Partial<PriceSheet>>([
    { promptAtomicPerMtok: atomic(0n), completionAtomicPerMtok: atomic(10n ** 12n) },
    { completionAtomicPerMtok: atomic(0n) },
    { operator: address(`0x${'1'.repeat(40)}`) },
    { modelId: bytes32(`0x${'1'.repeat(64)}`) },
    { asset: address(`0x${'1'.repeat(40)}`) },
  ])('takes nothing that is dearer in one thing, or of something else: %o', async (change) => {
    expect(await agreeing(change)).toMatchObject({
      ok: false,
      error: { kind: 'objection', objection: { check: 'price-not-agreed' } },
    })
  })
})

describe('a wallet at an honest gateway', () => {
  test('verifies every receipt and signs nothing while enough is free', async () => {
    const book = await owned.gateway.ledger.channel(owned.place.channelId)
    expect(await round()).toMatchObject({
      ok: true,
      value: {
        verified: receiptCount,
        next: { kind: 'enough' },
        state: {
          seq: receiptCount,
          cumulative: book?.chargedCumulativeAmount,
          digest: book?.receiptDigest,
        },
      },
    })
    expect(saved.at(-1)?.seq).toBe(receiptCount)
  })

  test('goes on where it stopped', async () => {
    await round()
    const stopped = saved.at(-1)
    await owned.ask()
    await owned.gateway.books()
    expect(await round({}, stopped)).toMatchObject({ ok: true, value: { verified: 1 } })
    await expect(round({}, stopped)).resolves.toMatchObject({ ok: true })
  })

  test('remembers a voucher before it is sent, and counts it once when it is sent again', async () => {
    const limits = { ...honest.limits, threshold: atomic(1_000_000n), perDay: atomic(1_000_000n) }
    const before = { ...freshWallet(owned.place.channelId), signed: atomic(20_000n) }
    let rememberedFirst: boolean | undefined
    const cut = await round(
      {
        limits,
        billing: {
          channel: () => billing.channel(),
          receipts: (afterSeq) => billing.receipts(afterSeq),
          sendVoucher: async () => {
            rememberedFirst = (saved.at(-1)?.signed ?? 0n) > 20_000n
            return { ok: false, error: { reason: 'gateway_unreachable', detail: 'cut off' } }
          },
        },
      },
      before,
    )
    expect(cut).toMatchObject({ ok: false, error: { kind: 'disturbance' } })
    expect(rememberedFirst).toBe(true)
    const remembered = saved.at(-1)
    const promised = (remembered?.cumulative ?? 0n) + 30_000n
    expect(remembered?.signed).toBe(promised)
    expect(remembered?.signedOnDay).toBe(promised - 20_000n)
    const again = await round({ limits }, remembered)
    expect(again).toMatchObject({
      ok: true,
      value: {
        next: { kind: 'limited', by: 'tranche' },
        state: { signedOnDay: promised - 20_000n },
      },
    })
  })
})

describe('a wallet at a gateway that lies refuses, and says which receipt and why', () => {
  const stranger = randomPrivateKey()
  test.each<[string, () => Partial<WalletDeps>, { seq: number; check: string }]>([
    [
      'charges an atomic unit more than its prices give',
      () =>
        changing(2, (parsed) =>
          resigned(parsed, {
            cost: atomic(parsed.receipt.cost + 1n),
            cumulative: atomic(parsed.receipt.cumulative + 1n),
          }),
        ),
      { seq: 2, check: 'cost' },
    ],
    [
      'adds up wrong',
      () =>
        changing(2, (parsed) =>
          resigned(parsed, { cumulative: atomic(parsed.receipt.cumulative + 1n) }),
        ),
      { seq: 2, check: 'sum-wrong' },
    ],
    [
      'leaves a receipt out',
      () => showing((all) => all.filter(({ receipt }) => receipt.channelSeq !== 2)),
      { seq: 2, check: 'sequence-gap' },
    ],
    [
      'shows no more receipts',
      () => showing((all) => all.filter(({ receipt }) => receipt.channelSeq === 1)),
      { seq: 2, check: 'receipt-missing' },
    ],
    [
      'says that it keeps the next no more',
      () => ({
        billing: {
          channel: () => billing.channel(),
          sendVoucher: (body) => billing.sendVoucher(body),
          receipts: async () =>
            err({
              reason: 'gateway_refused',
              status: 410,
              code: 'receipt_expired',
              message: 'gone',
            }),
        },
      }),
      { seq: 1, check: 'receipt-expired' },
    ],
    [
      'shows one twice',
      () => showing((all) => all.flatMap((parsed) => [parsed, parsed])),
      { seq: 2, check: 'sequence-gap' },
    ],
    [
      'forks the chain',
      () =>
        changing(3, (parsed) => resigned(parsed, { prevReceipt: bytes32(`0x${'ab'.repeat(32)}`) })),
      { seq: 3, check: 'chain-forked' },
    ],
    [
      'signs another version of an earlier receipt',
      () =>
        changing(1, (parsed) => resigned(parsed, { receiptId: bytes32(`0x${'ab'.repeat(32)}`) })),
      { seq: 2, check: 'chain-forked' },
    ],
    [
      'lets somebody else sign',
      () => changing(2, (parsed) => resigned(parsed, {}, stranger)),
      { seq: 2, check: 'gateway-key' },
    ],
    [
      'changes a field and keeps the signature',
      () =>
        changing(2, (parsed) => ({
          ...parsed,
          receipt: {
            ...parsed.receipt,
            cost: parsed.receipt.cost,
            requestHash: bytes32(`0x${'ab'.repeat(32)}`),
          },
        })),
      { seq: 2, check: 'gateway-key' },
    ],
    [
      'asks prices that nobody agreed to',
      () =>
        changing(2, (parsed) => {
          const { priceSheet } = parsed
          const dearer = {
            ...priceSheet,
            completionAtomicPerMtok: atomic(priceSheet.completionAtomicPerMtok * 10n),
          }
          return resigned({ ...parsed, priceSheet: dearer }, { priceHash: hashPriceSheet(dearer) })
        }),
      { seq: 2, check: 'price-not-agreed' },
    ],
    [
      'shows another sheet than it priced by',
      () =>
        changing(2, (parsed) => ({
          ...parsed,
          priceSheet: { ...parsed.priceSheet, promptAtomicPerMtok: atomic(9_000_000n) },
        })),
      { seq: 2, check: 'price-sheet' },
    ],
    [
      "shows another channel's receipt",
      () =>
        changing(2, (parsed) => resigned(parsed, { channelId: bytes32(`0x${'cc'.repeat(32)}`) })),
      { seq: 2, check: 'foreign-channel' },
    ],
    [
      "shows another payer's receipt",
      () => changing(2, (parsed) => resigned(parsed, { client: address(`0x${'cc'.repeat(20)}`) })),
      { seq: 2, check: 'foreign-payer' },
    ],
    [
      'shows a receipt from before the channel was opened',
      () =>
        changing(1, (parsed) =>
          resigned(parsed, {
            work: { ...parsed.receipt.work, startedAt: unixSeconds(1), finishedAt: unixSeconds(2) },
          }),
        ),
      { seq: 1, check: 'too-old' },
    ],
    [
      'signs for another verifier contract',
      () =>
        changing(1, (parsed) => ({
          ...parsed,
          domain: { ...parsed.domain, verifyingContract: address(`0x${'ee'.repeat(20)}`) },
        })),
      { seq: 1, check: 'gateway-key' },
    ],
  ])('when it %s', async (_name, lying, expected) => {
    const outcome = await round(lying())
    expect(outcome).toMatchObject({ ok: false, error: { kind: 'objection', objection: expected } })
    const seen = saved.at(-1)?.seq ?? 0
    expect(seen, 'nothing after the lie is remembered as verified').toBeLessThan(expected.seq)
    expect(saved.every(({ signed }) => signed === 0n)).toBe(true)
  })

  test('when its book has more charged than its receipts', async () => {
    const channel: WalletDeps['billing']['channel'] = async () => {
      const book = await billing.channel()
      return book.ok ? ok({ ...book.value, charged: atomic(book.value.charged + 1n) }) : book
    }
    const lying = showing((all) => all)
    const outcome = await round({ ...lying, billing: { ...lying.billing, channel } })
    expect(outcome).toMatchObject({
      error: { kind: 'objection', objection: { check: 'charged-without-receipt' } },
    })
  })

  test('again and again, as long as it lies; and not for ever when it mends', async () => {
    const lying = changing(3, (parsed) => resigned(parsed, { gatewaySeq: 1 }))
    const first = await round(lying)
    const second = await round(lying, saved.at(-1))
    expect(second).toEqual(first)
    expect(first).toMatchObject({ error: { objection: { seq: 3, check: 'gateway-sequence' } } })
    expect(await round({}, saved.at(-1))).toMatchObject({ ok: true })
  })
})
