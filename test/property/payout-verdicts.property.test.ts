/*
 * A contributor's verdict on a voucher is the contract's: what it works for can be claimed by anyone, and what it refuses
 * would have reverted. Both are asked about the same vouchers, on a real chain.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { encodeCall } from '../../src/chain/contracts.ts'
import { isOpenClaimAuthorizer, openClaimCall } from '../../src/chain/open-claims.ts'
import { curveOrder, randomPrivateKey } from '../../src/chain/private-key.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import type { CreditAgreement } from '../../src/contributor/credit-agreement.ts'
import { faultOfTerms, faultOnChain } from '../../src/contributor/credit-verdict.ts'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import type { ChannelConfig } from '../../src/domain/channel.ts'
import type { Payout } from '../../src/domain/payout-ledger.ts'
import { atomic, type Signature, signature, unixSecondsOf } from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { PayoutRig, type RegisteredContributor } from '../support/payout-rig.ts'

let rig: PayoutRig
let contributor: RegisteredContributor
let payout: Payout
let agreement: CreditAgreement

beforeAll(async () => {
  rig = await PayoutRig.open()
  const [registered] = await rig.register(1)
  if (registered === undefined) throw new Error('nobody was registered')
  contributor = registered
  const paying = await rig.pay([contributor])
  await paying.relayNow()
  await rig.charge(paying, contributor.contributorId, devUsd(2n))
  await paying.relayNow()
  const known = await paying.payoutOf(contributor.operator)
  if (known === undefined) throw new Error('the contributor has no channel')
  payout = known
  const { contracts, chainId, addresses } = rig.running.dev
  const free = atomic(0n)
  agreement = {
    gateway: addresses.gatewayOperator,
    chainId,
    settlement: contracts.settlement,
    token: contracts.asset,
    receiver: contributor.receiver,
    withdrawDelayMinS: 900,
    prices: {
      promptAtomicPerMtok: free,
      cachedPromptAtomicPerMtok: free,
      completionAtomicPerMtok: free,
    },
    feeBps: 0,
  }
})
afterAll(() => rig.close())

const word = (value: bigint): string => value.toString(16).padStart(64, '0')

/** What may stand where a signature belongs; `good` is 65 bytes without 0x. */
const forms: Readonly<Record<string, (good: string) => string>> = {
  good: (good) => good,
  'other v encoding': (good) => good.slice(0, 128) + (good.endsWith('1b') ? '00' : '01'),
  'flipped v': (good) => good.slice(0, 128) + (good.endsWith('1b') ? '1c' : '1b'),
  'high s': (good) =>
    good.slice(0, 64) +
    word(curveOrder - BigInt(`0x${good.slice(64, 128)}`)) +
    (good.endsWith('1b') ? '1c' : '1b'),
  'r flipped': (good) => word(BigInt(`0x${good.slice(0, 64)}`) ^ 1n) + good.slice(64),
  '64 bytes': (good) => good.slice(0, 128),
  '66 bytes': (good) => `${good}00`,
  empty: () => '',
}

/** How the channel may differ from the one that was funded: each is another channel, and an empty one. */
const configs: Readonly<Record<string, (config: ChannelConfig) => ChannelConfig>> = {
  funded: (config) => config,
  'another salt': (config) => ({ ...config, salt: payout.payoutId }),
  'a longer delay': (config) => ({ ...config, withdrawDelay: config.withdrawDelay + 1 }),
  'another payer': (config) => ({ ...config, payer: contributor.receiver }),
  'another receiver': (config) => ({ ...config, receiver: config.payer }),
  'another token': (config) => ({ ...config, token: config.payer }),
  'an authorizer without code': (config) => ({ ...config, receiverAuthorizer: config.payer }),
  'an authorizer with other code': (config) => ({ ...config, receiverAuthorizer: config.token }),
}

const anyCase = fc.record({
  form: fc.oneof(
    { weight: 1, arbitrary: fc.constant('good') },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(forms)) },
  ),
  config: fc.oneof(
    { weight: 2, arbitrary: fc.constant('funded') },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(configs)) },
  ),
  stranger: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  // From just above what is claimed to just above the balance: the edges are where verdicts could differ.
  amount: fc.oneof(
    fc.constantFrom('claimed + 1', 'balance', 'balance + 1'),
    fc.bigInt({ min: 1n, max: 40_000_000n }),
  ),
})

const amountOf = (amount: string | bigint): bigint => {
  if (amount === 'balance') return payout.balance
  if (amount === 'balance + 1') return payout.balance + 1n
  return payout.totalClaimed + (typeof amount === 'bigint' ? amount : 1n)
}

test('off chain and on chain, the same vouchers are good', async () => {
  const strangerKey = randomPrivateKey()
  const { rpc } = rig.running.chain
  const { settlement } = rig.handles
  const verdicts = { good: 0, refused: 0 }
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(anyCase, async (generated) => {
      const config = configs[generated.config]?.(payout.config) ?? payout.config
      const channelId = channelIdOf(rig.terms.domain, config)
      const maxClaimableAmount = atomic(amountOf(generated.amount))
      const digest = voucherDigest(rig.terms.domain, { channelId, maxClaimableAmount })
      const signer = generated.stranger ? strangerKey : rig.terms.voucherKey
      const good = signDigest(digest, signer).slice(2)
      const signed = signature(`0x${forms[generated.form]?.(good) ?? good}`) as Signature
      const { chainId } = agreement
      const voucher = { chainId, config, maxClaimableAmount, signature: signed }
      const onChain = expectOk(await readChannel(rpc, settlement, { channelId, config }))
      const openToClaims = expectOk(await isOpenClaimAuthorizer(rpc, config.receiverAuthorizer))
      const nowS = unixSecondsOf(Date.now())
      const fault =
        faultOfTerms(agreement, voucher) ?? faultOnChain(voucher, { onChain, openToClaims }, nowS)
      const row = {
        channelId,
        config,
        maxClaimableAmount,
        signature: signed,
        totalClaimed: maxClaimableAmount,
      }
      const data = await encodeCall(openClaimCall(settlement, [row]))
      const claimed = await rpc.call('eth_call', [{ to: settlement.address, data }, 'latest'])
      const verdict = claimed.ok ? 'claimed' : claimed.error.reason
      expect({ ...generated, verdict }).toEqual({
        ...generated,
        verdict: fault === undefined ? 'claimed' : 'chain_error',
      })
      verdicts[fault === undefined ? 'good' : 'refused'] += 1
      seen.add(generated.form)
      seen.add(generated.config)
    }),
    { numRuns: 300, endOnFailure: true },
  )
  expect(verdicts.good).toBeGreaterThan(20)
  expect(verdicts.refused).toBeGreaterThan(20)
  expect(seen.size).toBe(Object.keys(forms).length + Object.keys(configs).length)
})
