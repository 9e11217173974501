/*
 * What a judge remembers of channels changes what a voucher costs and nothing of its verdict: on any row of vouchers, good
 * and forged, one judge says of each what a judge says that sees only this one.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { channelDomain, channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { curveOrder, type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import type { ChannelConfig } from '../../src/domain/channel.ts'
import {
  type Address,
  address,
  atomic,
  bytes32,
  type Signature,
  signature,
  zeroAddress,
  zeroBytes32,
} from '../../src/domain/units.ts'
import type { PresentedVoucher } from '../../src/domain/x402-payment.ts'
import type { ChannelTerms } from '../../src/payment/channel-terms.ts'
import { VoucherJudge } from '../../src/payment/voucher-judge.ts'

const account = (digit: string): Address => address(`0x${digit.repeat(40)}`)

function keyOf(digit: string): PrivateKey {
  const key = parsePrivateKey(`0x${digit.repeat(64)}`)
  if (key === undefined) throw new Error('it is below the order of the curve')
  return key
}

const chainId = 31337
const terms: ChannelTerms = {
  chainId,
  domain: channelDomain({ chainId, verifyingContract: account('5') }),
  token: account('a'),
  receiver: account('3'),
  receiverAuthorizer: account('4'),
  withdrawDelayMinS: 3_600,
}

const sessionKeys = [keyOf('1'), keyOf('2')]
const strangerKey = keyOf('3')

/** The other valid signature of the same digest, and spellings of neither. */
const spellings: readonly ((signed: Signature) => string)[] = [
  (signed) => signed,
  (signed) => `${signed.slice(0, 130)}${signed.endsWith('1b') ? '00' : '01'}`,
  (signed) => {
    const s = curveOrder - BigInt(`0x${signed.slice(66, 130)}`)
    const v = signed.endsWith('1b') ? '1c' : '1b'
    return signed.slice(0, 66) + s.toString(16).padStart(64, '0') + v
  },
]
const forgeries: readonly ((signed: Signature) => string)[] = [
  (signed) => `${signed.slice(0, 130)}${signed.endsWith('1b') ? '1c' : '1b'}`,
  (signed) => `${signed.slice(0, 130)}1d`,
  (signed) => signed.slice(0, 130),
  (signed) => `0x${'00'.repeat(32)}${signed.slice(66)}`,
  () => '0x',
]

const anyVoucher = fc.record({
  keyIndex: fc.nat({ max: sessionKeys.length - 1 }),
  signer: fc.constantFrom('session', 'session', 'session', 'stranger'),
  amount: fc.bigInt({ min: 1n, max: 9n }),
  signedAmount: fc.bigInt({ min: 1n, max: 9n }),
  isSignedFor: fc.boolean(),
  spelling: fc.constantFrom(...spellings, ...spellings, ...forgeries),
  change: fc.constantFrom<Partial<ChannelConfig>>(
    {},
    {},
    {},
    { salt: bytes32(`0x${'7'.repeat(64)}`) },
    { payerAuthorizer: zeroAddress },
    { payerAuthorizer: addressOfPrivateKey(strangerKey) },
    { token: account('b') },
    { withdrawDelay: 60 },
  ),
  /** Whether the id is of the terms as they are presented, or as they were before the change. */
  isOfChanged: fc.boolean(),
})
type Drawn = typeof anyVoucher extends fc.Arbitrary<infer T> ? T : never

function voucherOf(drawn: Drawn): PresentedVoucher {
  const sessionKey = sessionKeys[drawn.keyIndex] ?? strangerKey
  const honest: ChannelConfig = {
    payer: account('1'),
    payerAuthorizer: addressOfPrivateKey(sessionKey),
    receiver: terms.receiver,
    receiverAuthorizer: terms.receiverAuthorizer,
    token: terms.token,
    withdrawDelay: 3_600,
    salt: zeroBytes32,
  }
  const config = { ...honest, ...drawn.change }
  const channelId = channelIdOf(terms.domain, drawn.isOfChanged ? config : honest)
  const maxClaimableAmount = atomic(drawn.amount)
  const signedAmount = drawn.isSignedFor ? maxClaimableAmount : atomic(drawn.signedAmount)
  const digest = voucherDigest(terms.domain, { channelId, maxClaimableAmount: signedAmount })
  const signed = signDigest(digest, drawn.signer === 'session' ? sessionKey : strangerKey)
  return { config, channelId, maxClaimableAmount, signature: signature(drawn.spelling(signed)) }
}

function verdictOf(judge: VoucherJudge, voucher: PresentedVoucher) {
  const judged = judge.judge(voucher)
  if (!judged.ok) return judged
  return { ok: true, signature: judged.value.signature, isSigned: judged.value.isSigned() }
}

const plain: Drawn = {
  keyIndex: 0,
  signer: 'session',
  amount: 1n,
  signedAmount: 1n,
  isSignedFor: true,
  spelling: (signed) => signed,
  change: {},
  isOfChanged: true,
}

test('a judge that saw others says what one says that saw none', () => {
  let signed = 0
  let forged = 0
  let refused = 0
  fc.assert(
    fc.property(fc.array(anyVoucher, { minLength: 1, maxLength: 8 }), (drawn) => {
      const judge = new VoucherJudge(terms)
      // One that is good, after one that is forged and one that is refused, whatever was drawn.
      const certain: readonly Drawn[] = [
        plain,
        { ...plain, signer: 'stranger' },
        { ...plain, amount: 2n },
        plain,
      ]
      const outsider: Drawn = { ...plain, change: { token: account('b') } }
      for (const voucher of [...drawn, ...certain, outsider].map(voucherOf)) {
        const verdict = verdictOf(judge, voucher)
        expect(verdict).toEqual(verdictOf(new VoucherJudge(terms), voucher))
        if (!('isSigned' in verdict)) refused += 1
        else if (verdict.isSigned) signed += 1
        else forged += 1
      }
    }),
  )
  expect(signed).toBeGreaterThan(0)
  expect(forged).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})

test('the wrong v is refused also of a channel whose key is known', () => {
  const judge = new VoucherJudge(terms)
  const isSigned = (drawn: Drawn): boolean | undefined => {
    const judged = judge.judge(voucherOf(drawn))
    return judged.ok ? judged.value.isSigned() : undefined
  }
  const [flipped] = forgeries
  if (flipped === undefined) throw new Error('there is a forgery')
  expect(isSigned(plain)).toBe(true)
  expect(isSigned({ ...plain, spelling: flipped })).toBe(false)
  expect(isSigned({ ...plain, signer: 'stranger' })).toBe(false)
  expect(isSigned({ ...plain, amount: 3n, isSignedFor: false, signedAmount: 2n })).toBe(false)
  expect(isSigned(plain)).toBe(true)
})
