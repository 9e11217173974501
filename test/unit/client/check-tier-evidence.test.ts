import { describe, expect, test } from 'vitest'
import { tokenCommitment } from '../../../src/attestation/token-commitment.ts'
import { writeTokens } from '../../../src/attestation/token-openings.ts'
import { utf8Bytes } from '../../../src/base/bytes.ts'
import { channelDomain, channelIdOf } from '../../../src/chain/channel-typed-data.ts'
import { countersignatureDigest } from '../../../src/chain/countersignature-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import { conclude, joinLines } from '../../../src/client/check-line.ts'
import { anyReceipt } from '../../../src/client/check-policy.ts'
import { checkTierEvidence } from '../../../src/client/check-tier-evidence.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
} from '../../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { noTrustAnchors } from '../../../src/client/trust-anchors.ts'
import { type Verification, verifyReceipt } from '../../../src/client/verify-receipt.ts'
import type { ChannelConfig } from '../../../src/domain/channel.ts'
import type { Countersignature } from '../../../src/domain/countersignature.ts'
import { atomic, unixSeconds, zeroAddress, zeroBytes32 } from '../../../src/domain/units.ts'
import { documentOf, place, signReceipt, verificationOf } from '../../support/signed-receipt.ts'

/** Every line, offline and further, as `vouch verify` joins them. */
async function linesOf(
  receipt: ParsedReceipt,
  given: { readonly opening?: Uint8Array; readonly tiers?: number } = {},
) {
  const policy = { ...anyReceipt, tiers: given.tiers }
  const asked = verificationOf(receipt, { policy })
  const evidence = { ...asked.evidence, opening: given.opening }
  const verification: Verification = { ...asked, evidence }
  const signers = recoverSigners(receipt)
  const question = { verification, signers, gateway: undefined, rpc: undefined }
  return joinLines(verifyReceipt(verification), await checkTierEvidence(question))
}

async function verdictsOf(...asked: Parameters<typeof linesOf>) {
  const lines = await linesOf(...asked)
  const verdicts = Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))
  return { ...verdicts, conclusion: conclude(lines) }
}

describe('a token commitment', () => {
  const tokens = [
    [
      { tokenId: 5, logprobQ16: -70_000, top: [{ tokenId: 7, logprobQ16: -3 }] },
      { tokenId: 4_294_967_295, logprobQ16: -(2 ** 31), top: [] },
    ],
    [{ tokenId: 0, logprobQ16: 0, top: [{ tokenId: 0, logprobQ16: 0 }] }],
  ]
  const committed = signReceipt({
    receipt: { tiers: 7, cost: atomic(104n) },
    work: { commitment: tokenCommitment(tokens), completionTokens: 3 },
  })
  const opening = utf8Bytes(writeTokens(tokens))

  test('is looked at with what opens it, and then counts', async () => {
    const wanted = { 'token-commitment': 'holds', evidence: 'holds', conclusion: 'holds' }
    expect(await verdictsOf(committed, { opening })).toMatchObject(wanted)
    const asked = await verdictsOf(committed, { opening, tiers: 4 })
    expect(asked).toMatchObject({ 'policy-tiers': 'holds', conclusion: 'holds' })
  })

  test('is not believed without: who asked for the tier has no proof', async () => {
    const plain = await verdictsOf(committed)
    expect(plain).toMatchObject({ evidence: 'unknown', conclusion: 'holds' })
    expect(plain).not.toHaveProperty('token-commitment')
    const asked = await verdictsOf(committed, { tiers: 4 })
    expect(asked).toMatchObject({ 'policy-tiers': 'unknown', conclusion: 'unproven' })
  })

  const [first = [], second = []] = tokens
  test.each<[string, string]>([
    ['another order of choices', writeTokens([second, first])],
    ['another probability', writeTokens([first, [{ tokenId: 0, logprobQ16: -1, top: [] }]])],
    ['a token less', writeTokens([first, []])],
    ['a token more', writeTokens([first, [...second, ...second]])],
    ['no token', writeTokens([])],
    ['numbers that are none', '{"object":"vouch.tokens","choices":[["1",0,0]]}'],
    ['a record that is cut', '{"object":"vouch.tokens","choices":[[1,0,3,1]]}'],
    ['another text', 'nothing'],
  ])('fails with %s', async (_, text) => {
    const verdicts = await verdictsOf(committed, { opening: utf8Bytes(text), tiers: 4 })
    expect(verdicts).toMatchObject({ 'token-commitment': 'fails', conclusion: 'fails' })
  })
})

test.each([8, 16])('tier %i cannot be known without asking somebody else', async (tier) => {
  const receipt = signReceipt({ receipt: { tiers: 3 | tier } })
  expect(await verdictsOf(receipt)).toMatchObject({ evidence: 'unknown', conclusion: 'holds' })
  const asked = await verdictsOf(receipt, { tiers: tier })
  expect(asked).toMatchObject({ 'policy-tiers': 'unknown', conclusion: 'unproven' })
})

test('what was looked at does not stand for a tier that nobody knows', async () => {
  const tokens = [[{ tokenId: 5, logprobQ16: -1, top: [] }]]
  const receipt = signReceipt({
    receipt: { tiers: 7 | 256, cost: atomic(103n) },
    work: { commitment: tokenCommitment(tokens), completionTokens: 1 },
  })
  const opening = utf8Bytes(writeTokens(tokens))
  const verdicts = await verdictsOf(receipt, { opening, tiers: 4 | 256 })
  expect(verdicts).toMatchObject({
    'token-commitment': 'holds',
    evidence: 'unknown',
    'policy-tiers': 'unknown',
  })
})

test('nothing is said of tiers that nobody claims or asks for', async () => {
  const verdicts = await verdictsOf(signReceipt())
  expect(verdicts).toMatchObject({ conclusion: 'holds' })
  expect(verdicts).not.toHaveProperty('evidence')
})

describe('a countersignature', () => {
  const payer = randomPrivateKey()
  const session = randomPrivateKey()
  const config: ChannelConfig = {
    payer: addressOfPrivateKey(payer),
    payerAuthorizer: addressOfPrivateKey(session),
    receiver: zeroAddress,
    receiverAuthorizer: zeroAddress,
    token: zeroAddress,
    withdrawDelay: 86_400,
    salt: zeroBytes32,
  }
  const chainId = 8453
  const settlement = channelDomain({
    chainId,
    verifyingContract: noTrustAnchors.channelSettlement,
  })
  const paid = signReceipt({
    receipt: { client: config.payer, channelId: channelIdOf(settlement, config) },
  })
  const { receiptDigest } = recoverSigners(paid)
  const digest = countersignatureDigest(receiptDomain(place), receiptDigest)
  const by = (key: PrivateKey, changes: Partial<Countersignature> = {}): ParsedReceipt => ({
    ...paid,
    countersignature: {
      signer: addressOfPrivateKey(key),
      signature: signDigest(digest, key),
      receivedAt: unixSeconds(1_700_000_000),
      ...changes,
    },
  })

  test.each<[string, ParsedReceipt]>([
    ['the payer', by(payer)],
    ['the session key of its channel', by(session, { channel: { chainId, config } })],
  ])('of %s makes tier 128', async (_, countersigned) => {
    const verdicts = await verdictsOf(countersigned, { tiers: 128 })
    expect(verdicts).toMatchObject({
      countersignature: 'holds',
      'policy-tiers': 'holds',
      conclusion: 'holds',
    })
  })

  const stranger = randomPrivateKey()
  const forged = { ...config, payerAuthorizer: addressOfPrivateKey(stranger) }
  test.each<[string, ParsedReceipt]>([
    ['a stranger', by(stranger)],
    ['a stranger in made-up terms', by(stranger, { channel: { chainId, config: forged } })],
    ['a session key without its terms', by(session)],
    ['a session key of another chain', by(session, { channel: { chainId: 1, config } })],
    ['somebody under another name', by(stranger, { signer: addressOfPrivateKey(payer) })],
    ['the payer, of another receipt', by(payer, { signature: signDigest(receiptDigest, payer) })],
  ])('of %s is none', async (_, countersigned) => {
    const verdicts = await verdictsOf(countersigned)
    expect(verdicts).toMatchObject({ countersignature: 'fails', conclusion: 'fails' })
  })

  test('that is asked for and not there proves nothing', async () => {
    const verdicts = await verdictsOf(paid, { tiers: 128 })
    expect(verdicts).toMatchObject({ 'policy-tiers': 'unknown', conclusion: 'unproven' })
  })

  test('is read from the document as the gateway shows it', () => {
    const countersigned = by(session, { channel: { chainId, config } })
    const { countersignature } = countersigned
    const read = parseReceiptDocument(
      Buffer.from(JSON.stringify({ ...documentOf(paid), countersignature })),
    )
    expect(read).toMatchObject({ ok: true, value: { countersignature } })
  })
})
