/*
 * `vouch verify` without a chain and `ReceiptVerifier.verify` on one give the same verdict on a
 * receipt, whatever stands where its signatures belong. Vouchers: test/e2e/chain-typed-data.test.ts.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import { curveOrder, type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDigest, receiptDomain, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { callVerify } from '../../src/chain/receipt-verifier-contract.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { checkKnownKeys, checkSignatures } from '../../src/client/check-signatures.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../src/client/recover-signers.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { type Receipt, tier } from '../../src/domain/receipt.ts'
import {
  type Address,
  type Bytes32,
  noSignature,
  type Signature,
  signature,
  unixSeconds,
  zeroAddress,
} from '../../src/domain/units.ts'
import { anyBytes32, anyReceipt } from '../support/arbitraries.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { priceSheet } from '../support/signed-receipt.ts'

let running: TestDevChain

beforeAll(async () => {
  running = await startDevChain()
})
afterAll(() => running.stop())

/** After every key became active; what was never revoked has no end. */
const finishedAt = unixSeconds(4_000_000_000)
const strangerKey = randomPrivateKey()

/** What there is to make a signature of, and to spoil it with. */
type Material = {
  readonly digest: Bytes32
  readonly otherDigest: Bytes32
  readonly key: PrivateKey
  readonly keyAddress: Address
  /** 130 bytes without meaning. */
  readonly noise: string
  /** 0 … 255. */
  readonly byte: number
}

const word = (value: bigint): string => value.toString(16).padStart(64, '0')
const vByte = (value: number): string => value.toString(16).padStart(2, '0')
const zeroWord = word(0n)
const orderWord = word(curveOrder)
const endWord = word(2n ** 256n - 1n)

type Parts = {
  readonly r: string
  readonly s: string
  readonly v: string
  readonly flippedV: string
}
function signedParts({ digest, key }: Material): Parts {
  const good = signDigest(digest, key).slice(2)
  const v = good.slice(128)
  return {
    r: good.slice(0, 64),
    s: good.slice(64, 128),
    v,
    flippedV: v === '1b' ? '1c' : '1b',
  }
}
const joined = ({ r, s, v }: Parts): string => r + s + v

const highS = (s: string): string => word(curveOrder - BigInt(`0x${s}`))
/** EIP-2098: 64 bytes with v in the highest bit of s. */
const compactS = ({ s, v }: Parts): string =>
  v === '1b' ? s : word(BigInt(`0x${s}`) | (1n << 255n))
const firstBytes = (digits: string, count: number): string => digits.slice(0, 2 * count)

/** Every way to fill the place of a signature, as hex digits. */
const forms: Readonly<Record<string, (material: Material, parts: Parts) => string>> = {
  good: (_, parts) => joined(parts),
  'high s, v flipped': (_, parts) => parts.r + highS(parts.s) + parts.flippedV,
  'high s, v kept': (_, parts) => parts.r + highS(parts.s) + parts.v,
  'v 0 or 1': (_, { r, s, v }) => r + s + (v === '1b' ? '00' : '01'),
  'v 27 for 28': (_, { r, s, flippedV }) => r + s + flippedV,
  'any v': ({ byte }, { r, s }) => r + s + vByte(byte),
  '64 bytes, cut': (_, parts) => firstBytes(joined(parts), 64),
  '64 bytes, compact': (_, parts) => parts.r + compactS(parts),
  '66 bytes': ({ byte }, parts) => joined(parts) + vByte(byte),
  'any length': ({ byte, noise }, parts) => firstBytes(joined(parts) + noise, byte % 131),
  empty: () => '',
  'r zero': (_, { s, v }) => zeroWord + s + v,
  's zero': (_, { r, v }) => r + zeroWord + v,
  'r is the order': (_, { s, v }) => orderWord + s + v,
  's is the order': (_, { r, v }) => r + orderWord + v,
  'r beyond the order': (_, { s, v }) => endWord + s + v,
  's beyond the order': (_, { r, v }) => r + endWord + v,
  'all zero': ({ byte }) => zeroWord + zeroWord + vByte(byte),
  noise: ({ noise }) => firstBytes(noise, 65),
  'noise with low s': ({ noise }, { s, v }) => firstBytes(noise, 32) + s + v,
  'by a stranger': ({ digest }) => signDigest(digest, strangerKey).slice(2),
  'of another digest': ({ otherDigest, key }) => signDigest(otherDigest, key).slice(2),
  'by a wallet that is the key': ({ keyAddress }, parts) => keyAddress.slice(2) + joined(parts),
  'by the wallet zero': (_, parts) => zeroAddress.slice(2) + joined(parts),
}

const anyPlace = fc.record({
  // Often good, or hardly any receipt would have two good ones.
  form: fc.oneof(
    { weight: 2, arbitrary: fc.constant('good') },
    { weight: 3, arbitrary: fc.constantFrom(...Object.keys(forms)) },
  ),
  noise: fc.uint8Array({ minLength: 130, maxLength: 130 }).map((bytes) => toHex(bytes).slice(2)),
  byte: fc.oneof(fc.constantFrom(0, 1, 27, 28), fc.nat(255)),
  otherDigest: anyBytes32,
})
type Place = typeof anyPlace extends fc.Arbitrary<infer T> ? T : never

const anyCase = fc.record({
  receipt: anyReceipt,
  gateway: anyPlace,
  contributor: anyPlace,
  tiers: fc.constantFrom(
    tier.gatewaySigned,
    tier.gatewaySigned | tier.contributorSigned,
    tier.gatewaySigned | tier.contributorSigned,
  ),
  operators: fc.oneof(
    { weight: 9, arbitrary: fc.constant('registered' as const) },
    { weight: 1, arbitrary: fc.constantFrom('zero' as const, 'swapped' as const) },
  ),
  withoutContributor: fc.boolean(),
})
type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never

function fill(
  { form, ...place }: Place,
  signer: Pick<Material, 'digest' | 'key' | 'keyAddress'>,
): Signature {
  const material = { ...place, ...signer }
  const make = forms[form]
  if (make === undefined) throw new Error(`no form ${form}`)
  return signature(`0x${make(material, signedParts(material))}`)
}

function operatorsOf(kind: Case['operators']): Pick<Receipt['work'], 'gateway' | 'contributor'> {
  const { gatewayOperator, contributorOperator } = running.dev.addresses
  switch (kind) {
    case 'registered':
      return { gateway: gatewayOperator, contributor: contributorOperator }
    case 'swapped':
      return { gateway: contributorOperator, contributor: gatewayOperator }
    case 'zero':
      return { gateway: zeroAddress, contributor: zeroAddress }
  }
}

function receiptOf(generated: Case): ParsedReceipt {
  const { keys, addresses, chainId, contracts } = running.dev
  const { tiers, operators, withoutContributor } = generated
  const receipt: Receipt = {
    ...generated.receipt,
    tiers,
    work: { ...generated.receipt.work, ...operatorsOf(operators), finishedAt },
  }
  const place = { chainId, verifyingContract: contracts.receiptVerifier }
  const domain = receiptDomain(place)
  // Without the contributor's tier an empty place is the rule and anything else a fault.
  const leaveEmpty = tiers === tier.gatewaySigned && withoutContributor
  return {
    receipt,
    gatewaySignature: fill(generated.gateway, {
      digest: receiptDigest(domain, receipt),
      key: keys.gatewaySigner,
      keyAddress: addresses.gatewaySigner,
    }),
    contributorSignature: leaveEmpty
      ? noSignature
      : fill(generated.contributor, {
          digest: workDigest(domain, receipt.work),
          key: keys.contributorSigner,
          keyAddress: addresses.contributorSigner,
        }),
    domain: { name: 'Vouch Receipts', version: '1', ...place },
    priceSheet,
    usage: { source: 'reported' },
  }
}

/** Without the chain, by whoever knows the operators and their keys. */
function holdsOffChain(parsed: ParsedReceipt): boolean {
  const { addresses } = running.dev
  const signers = recoverSigners(parsed)
  const lines = [
    ...checkSignatures(parsed, signers),
    ...checkKnownKeys(parsed, signers, {
      ...noTrustAnchors,
      gatewayKeys: [{ operator: addresses.gatewayOperator, key: addresses.gatewaySigner }],
      contributorKeys: [
        { operator: addresses.contributorOperator, key: addresses.contributorSigner },
      ],
    }),
  ]
  return lines.every(({ verdict }) => verdict === 'holds')
}

/** In words, so that a difference explains itself. */
const describeCase = ({ gateway, contributor, tiers, operators }: Case): string =>
  `gateway: ${gateway.form}, contributor: ${contributor.form}, tiers ${tiers}, ${operators}`

test('off chain and on chain, the same receipts are valid', async () => {
  const verdicts = { accepted: 0, refused: 0 }
  const seen = new Set<string>()
  const compare = async (cases: readonly Case[]): Promise<void> => {
    const receipts = cases.map(receiptOf)
    const { rpc } = running.chain
    const verifier = running.dev.contracts.receiptVerifier
    const answers = await Promise.all(receipts.map((parsed) => callVerify(rpc, verifier, parsed)))
    const onChain = answers.map((answer) => expectOk(answer).ok)
    const told = (oks: readonly boolean[]) =>
      cases.map((generated, index) => ({ ok: oks[index], tried: describeCase(generated) }))
    expect(told(onChain)).toEqual(told(receipts.map(holdsOffChain)))
    for (const ok of onChain) verdicts[ok ? 'accepted' : 'refused'] += 1
    for (const { gateway, contributor } of cases) {
      seen.add(gateway.form)
      seen.add(contributor.form)
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(anyCase, { minLength: 16, maxLength: 16 }), compare), {
    numRuns: 40,
    // Shrinking would ask the chain for minutes and find nothing that the difference does not say.
    endOnFailure: true,
  })
  expect(verdicts.accepted).toBeGreaterThan(0)
  expect(verdicts.refused).toBeGreaterThan(0)
  expect([...seen].sort()).toEqual(Object.keys(forms).sort())
})
