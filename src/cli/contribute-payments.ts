/*
 * The money of a contributor that serves: what it is owed, the vouchers that it holds, and the claims that it sends by itself.
 */
import { statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { PrivateKey } from '../chain/private-key.ts'
import type { Sender } from '../chain/transactions.ts'
import { askVoucher } from '../contributor/ask-voucher.ts'
import { assumedCoinPrice } from '../contributor/claim-cost.ts'
import type { ClaimPolicy } from '../contributor/claim-verdict.ts'
import { ClaimWatch } from '../contributor/claim-watch.ts'
import { type CreditBook, paidAmount, unpaidAmount } from '../contributor/credit-book.ts'
import { EarningsDiary } from '../contributor/earnings-diary.ts'
import { joinablePlaceOf } from '../contributor/join-gateway.ts'
import { gatewayGoneDefaultMs } from '../contributor/limits.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import { parseAmount } from './amounts.ts'
import { type Books, type Contribution, openBooks } from './contribute-agent.ts'
import type { ScreenEvent } from './contribute-screen.ts'
import { contributorPaths } from './contributor-file.ts'

export type Payments = {
  readonly books: Books
  readonly book: () => CreditBook
  /** What was owed when this run began. */
  readonly owedBefore: AtomicAmount
  /** A job ended: the gateway is there, and there may be something to write down. */
  readonly noteJob: () => void
  /** Tells of vouchers that came: of the first at once, of those that follow together. */
  readonly look: () => void
  /** The gateway was heard of at that time. */
  readonly gatewaySeen: (atMs: number) => void
  /** Asks for the newest voucher where something is unpaid. */
  readonly askForVoucher: (signingKey: PrivateKey) => Promise<void>
  /** The same a few times: a gateway signs for what was earned some seconds after it was. */
  readonly waitForVoucher: (signingKey: PrivateKey) => Promise<void>
  readonly start: () => void
  /** Everything is on the disk when it resolves. */
  readonly close: () => Promise<void>
}

/** When the agent claims by itself, and what a claim's gas is weighed by. */
function claimPolicyOf({ options, met }: Contribution): ClaimPolicy {
  const { coinPrice, claimAbove, gatewayGoneHours } = options
  const { chain_id: chainId, payout_token: token } = met.terms.chain
  const { decimals } = token
  return {
    gatewayGoneMs:
      gatewayGoneHours === undefined ? gatewayGoneDefaultMs : gatewayGoneHours * 3_600_000,
    claimAboveAmount:
      claimAbove === undefined ? undefined : parseAmount('--claim-above', claimAbove, decimals),
    coinPrice:
      coinPrice === undefined
        ? assumedCoinPrice(chainId, decimals)
        : parseAmount('--coin-price', coinPrice, decimals),
  }
}

/** A busy gateway sends a voucher every few seconds: nobody wants to read them all. */
const voucherTellMs = 30_000
/** For the last voucher, when all is answered: as long as a gateway needs, with a little more. */
const lastVoucherAsksMax = 4
const lastVoucherPauseMs = 2_000

export async function openPayments(
  contribution: Contribution,
  own: { readonly sender: Sender | undefined; readonly tell: (event: ScreenEvent) => void },
): Promise<Payments> {
  const { options, file, met } = contribution
  const { sender, tell } = own
  const paths = contributorPaths(options.folder)
  // Written whenever something was earned: then the gateway was there.
  const gatewaySeenAtMs = statSync(paths.credit, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
  const books = await openBooks(contribution, (event) => {
    tell(event)
    if (event.event === 'gateway_withdraws') void claims.lookSoon()
  })
  const { credit, jobs, contracts } = books
  const book = (): CreditBook => credit.book
  const diary = new EarningsDiary({ path: paths.earnings, book, nowMs: Date.now })
  const claims = new ClaimWatch({
    settlement: file.chain.settlement,
    policy: claimPolicyOf(contribution),
    ...{ book, rpc: met.rpc, sender, gatewaySeenAtMs, onEvent: tell, nowMs: Date.now },
  })
  const askForVoucher = async (signingKey: PrivateKey): Promise<void> => {
    if (unpaidAmount(book()) === 0n) return
    const member = { contributor: file.contributor, signingKey, nowMs: Date.now() }
    const voucher = await askVoucher(joinablePlaceOf(met.origin, met.terms), member)
    if (!voucher.ok) return
    claims.gatewaySeen(Date.now())
    if (voucher.value !== undefined) await credit.take(voucher.value)
  }
  const tellOfVouchers = (): void => {
    const now = paidAmount(book())
    if (now === promised) return
    tell({ event: 'voucher', amount: atomic(now - promised), promised: now })
    promised = now
    toldAtMs = Date.now()
  }
  let promised = paidAmount(book())
  let toldAtMs = 0
  return {
    books,
    book,
    owedBefore: book().owedAmount,
    noteJob: () => {
      claims.gatewaySeen(Date.now())
      // It decides nothing: what it lacks, the book of vouchers has.
      diary.note().catch(() => {})
    },
    look: () => {
      if (Date.now() - toldAtMs >= voucherTellMs) tellOfVouchers()
    },
    gatewaySeen: (atMs) => claims.gatewaySeen(atMs),
    askForVoucher,
    waitForVoucher: async (signingKey) => {
      for (let asked = 1; ; asked += 1) {
        await askForVoucher(signingKey)
        if (unpaidAmount(book()) === 0n || asked === lastVoucherAsksMax) break
        await wait(lastVoucherPauseMs)
      }
      tellOfVouchers()
    },
    start: () => {
      claims.start()
      contracts.dues.start()
      void contracts.desk.look()
    },
    close: async () => {
      await claims.stop()
      await contracts.dues.stop()
      await credit.close()
      await diary.close().catch(() => {})
      await jobs.close()
    },
  }
}
