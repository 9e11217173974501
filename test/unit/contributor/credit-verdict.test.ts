import { expect, test } from 'vitest'
import { channelDomain, channelIdOf, voucherDigest } from '../../../src/chain/channel-typed-data.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import { agreementJson, parseAgreement } from '../../../src/contributor/credit-agreement.ts'
import {
  faultOfTerms,
  faultOnChain,
  type VoucherFault,
} from '../../../src/contributor/credit-verdict.ts'
import { claimLeadS } from '../../../src/contributor/limits.ts'
import type { OfferedPayoutVoucher } from '../../../src/domain/payout-voucher.ts'
import { address, atomic, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import { channelConfig, onChain } from '../../support/channels.ts'

const key = randomPrivateKey()
const stranger = address(`0x${'ee'.repeat(20)}`)
const agreement = {
  gateway: address(`0x${'9a'.repeat(20)}`),
  chainId: 31337,
  settlement: address(`0x${'5e'.repeat(20)}`),
  token: channelConfig.token,
  receiver: channelConfig.receiver,
  withdrawDelayMinS: channelConfig.withdrawDelay,
  prices: {
    promptAtomicPerMtok: atomic(1n),
    cachedPromptAtomicPerMtok: atomic(2n),
    completionAtomicPerMtok: atomic(3n),
  },
  feeBps: 1_000,
}

/** Signed as it is, whatever it says. */
function voucher(change: Partial<OfferedPayoutVoucher['config']> = {}, chainId = 31337) {
  const config = { ...channelConfig, payerAuthorizer: addressOfPrivateKey(key), ...change }
  const domain = channelDomain({ chainId, verifyingContract: agreement.settlement })
  const maxClaimableAmount = atomic(100n)
  const digest = voucherDigest(domain, {
    channelId: channelIdOf(domain, config),
    maxClaimableAmount,
  })
  return { chainId, config, maxClaimableAmount, signature: signDigest(digest, key) }
}

test('a voucher by the agreement is good', () => {
  expect(faultOfTerms(agreement, voucher())).toBeUndefined()
  const longer = { withdrawDelay: channelConfig.withdrawDelay + 1 }
  expect(faultOfTerms(agreement, voucher(longer))).toBeUndefined()
})

test.each<[VoucherFault, OfferedPayoutVoucher]>([
  ['other_chain', voucher({}, 1)],
  ['other_token', voucher({ token: stranger })],
  ['other_receiver', voucher({ receiver: stranger })],
  ['no_voucher_key', voucher({ payerAuthorizer: zeroAddress })],
  ['withdraw_delay_too_short', voucher({ withdrawDelay: channelConfig.withdrawDelay - 1 })],
  ['signature_invalid', voucher({ payerAuthorizer: stranger })],
  ['signature_invalid', { ...voucher(), maxClaimableAmount: atomic(101n) }],
])('%s is refused without asking the chain', (fault, offered) => {
  expect(faultOfTerms(agreement, offered)).toBe(fault)
})

test('the chain decides whether it can be claimed, and in time', () => {
  const nowS = unixSeconds(1_000_000)
  const verdict = (facts: Parameters<typeof faultOnChain>[1]) =>
    faultOnChain(voucher(), facts, nowS)
  expect(verdict({ onChain: onChain(100n), openToClaims: true })).toBeUndefined()
  expect(verdict({ onChain: onChain(100n), openToClaims: false })).toBe('claims_not_open')
  expect(verdict({ onChain: onChain(99n), openToClaims: true })).toBe('above_balance')
  const withdrawing = (leftS: number) => ({
    onChain: onChain(100n, { withdrawFinalAtS: unixSeconds(nowS + leftS) }),
    openToClaims: true,
  })
  expect(verdict(withdrawing(claimLeadS))).toBeUndefined()
  expect(verdict(withdrawing(claimLeadS - 1))).toBe('withdrawal_too_near')
})

test('an agreement is read as it was written, and what is wrong with it is named', () => {
  const text = agreementJson(agreement)
  expect(parseAgreement(text)).toEqual({ ok: true, value: agreement })
  for (const [change, member] of [
    [{ gateway: 'nobody' }, 'gateway'],
    [{ feeBps: 10_001 }, 'feeBps'],
    [{ chainId: '1' }, 'chainId'],
    [{ prices: {} }, 'promptAtomicPerMtok'],
    [{ withdrawDelayMinS: -1 }, 'withdrawDelayMinS'],
  ] as const) {
    const wrong = JSON.stringify({ ...JSON.parse(text), ...change })
    expect(parseAgreement(wrong)).toMatchObject({ error: expect.stringContaining(member) })
  }
  expect(parseAgreement('{').ok).toBe(false)
  expect(parseAgreement('null').ok).toBe(false)
})
