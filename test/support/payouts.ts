import type { Payout } from '../../src/domain/payout-ledger.ts'
import { address, atomic, bytes32, noSignature } from '../../src/domain/units.ts'
import { channelConfig } from './channels.ts'

/** A payout channel as a test needs it; amounts in atomic units. */
export const payoutOf = (
  amounts: Partial<
    Record<'balance' | 'totalClaimed' | 'earnedAmount' | 'promisedAmount', bigint>
  > = {},
): Payout => ({
  payoutId: bytes32(`0x${'aa'.repeat(32)}`),
  chainId: 31337,
  contributor: address(`0x${'c0'.repeat(20)}`),
  config: channelConfig,
  balance: atomic(amounts.balance ?? 0n),
  totalClaimed: atomic(amounts.totalClaimed ?? 0n),
  earnedAmount: atomic(amounts.earnedAmount ?? 0n),
  promisedAmount: atomic(amounts.promisedAmount ?? 0n),
  voucherSignature: noSignature,
})
