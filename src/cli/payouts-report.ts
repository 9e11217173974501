import { claimableAmount, type PayoutStanding } from '../contributor/claim-payouts.ts'
import { type CreditBook, paidAmount, unpaidAmount } from '../contributor/credit-book.ts'

/** All amounts are atomic units of the payout token. */
export type PayoutTotals = Readonly<
  Record<
    'earned' | 'promised' | 'claimed' | 'claimable' | 'unpaid' | 'escrow' | 'unsettled',
    bigint
  >
>

/** By the contributor's own book and by the chain. */
export function payoutTotals(book: CreditBook, standings: readonly PayoutStanding[]): PayoutTotals {
  const sum = (amountOf: (standing: PayoutStanding) => bigint) =>
    standings.reduce((total, standing) => total + amountOf(standing), 0n)
  return {
    earned: book.owedAmount,
    promised: paidAmount(book),
    claimed: sum(({ onChain }) => onChain.totalClaimed),
    claimable: sum(claimableAmount),
    unpaid: unpaidAmount(book),
    escrow: sum(({ onChain }) => onChain.balance - onChain.totalClaimed),
    // One receiver has one account for all its channels.
    unsettled: standings[0]?.unsettledAmount ?? 0n,
  }
}

export function payoutsJson(book: CreditBook, standings: readonly PayoutStanding[]): string {
  const totals = Object.entries(payoutTotals(book, standings)).map(([name, amount]) => [
    name,
    String(amount),
  ])
  const channels = standings.map((standing) => {
    const { voucher, onChain } = standing
    return {
      channel_id: voucher.channelId,
      chain_id: voucher.chainId,
      channel_config: voucher.config,
      promised: String(voucher.maxClaimableAmount),
      claimed: String(onChain.totalClaimed),
      claimable: String(claimableAmount(standing)),
      balance: String(onChain.balance),
      withdraw_final_at: onChain.withdrawFinalAtS ?? null,
    }
  })
  return JSON.stringify({ object: 'vouch.payouts', ...Object.fromEntries(totals), channels })
}

export function payoutsText(book: CreditBook, standings: readonly PayoutStanding[]): string {
  const totals = payoutTotals(book, standings)
  const lines = [
    `earned      ${totals.earned}  by your own count of signed work`,
    `promised    ${totals.promised}  in vouchers that you hold`,
    `claimed     ${totals.claimed}  on the chain`,
    `claimable   ${totals.claimable}  now, by 'vouch payouts claim'`,
    `unsettled   ${totals.unsettled}  claimed, and paid out with the next claim`,
    `unpaid      ${totals.unpaid}  worked on credit`,
    `escrow      ${totals.escrow}  left in the channels`,
  ]
  for (const { voucher, onChain } of standings) {
    const { token, receiver } = voucher.config
    lines.push(`channel     ${voucher.channelId} on chain ${voucher.chainId}`)
    lines.push(`            ${token} to ${receiver}`)
    if (onChain.withdrawFinalAtS !== undefined) {
      const finalAt = new Date(onChain.withdrawFinalAtS * 1000).toISOString()
      lines.push(`            the gateway withdraws: claim before ${finalAt}`)
    }
  }
  return ['Amounts are atomic units of the token.', ...lines].join('\n')
}
