import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex } from '../../../src/base/hex.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { accountOf } from '../../../src/client/account-of-key.ts'
import { parseBatchProof } from '../../../src/client/batch-documents.ts'
import { conclude } from '../../../src/client/check-line.ts'
import { noTrustAnchors } from '../../../src/client/trust-anchors.ts'
import { isBatchDocument, verifyBatchDocument } from '../../../src/client/verify-batch-document.ts'
import {
  parseProofDocument,
  verifyProofDocument,
} from '../../../src/client/verify-proof-document.ts'
import {
  isUsageDocument,
  parseUsageDocument,
  type UsageVerification,
  verifyUsageDocument,
} from '../../../src/client/verify-usage-document.ts'
import { address, atomic } from '../../../src/domain/units.ts'
import { readUsageInputs } from '../../../src/proofs/usage-statement.ts'
import { expectOk } from '../../support/dev-chain.ts'
import { proofFixture } from '../../support/proof-fixtures.ts'
import { usageGatewayKey } from '../../support/usage-receipts.ts'

const url = new URL('../../fixtures/proofs/metering.json', import.meta.url)
const fixture = JSON.parse(readFileSync(url, 'utf8')) as {
  readonly usage: unknown
  readonly membership: unknown
}
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
const document = expectOk(parseUsageDocument(bytesOf(fixture.usage)))
const [first] = document.segments
const verificationKey = fromHex(first?.proof.verificationKey ?? '0x')
const statements = document.segments.map(
  ({ proof }) => expectOk(readUsageInputs(proof.publicInputs)).statement,
)
const place = { chainId: 31_337, verifyingContract: `0x${'77'.repeat(20)}` } as const

const known: UsageVerification = {
  document,
  verificationKey,
  takesDevInsecure: true,
  anchors: {
    ...noTrustAnchors,
    receiptVerifier: place as never,
    gatewayKeys: [{ operator: undefined, key: addressOfPrivateKey(usageGatewayKey) }],
    contributorKeys: statements.flatMap(({ signers }) =>
      signers.map(({ contributor, publicKey }) => ({
        operator: contributor,
        key: accountOf(publicKey),
      })),
    ),
  },
  rpc: undefined,
}

async function verdicts(changes: Partial<UsageVerification>) {
  const lines = await verifyUsageDocument({ ...known, ...changes })
  const each = Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))
  return { ...each, conclusion: conclude(lines) }
}

test('a usage proof holds for keys and a circuit that a person knows, and says what was charged', async () => {
  expect(isUsageDocument(bytesOf(fixture.usage))).toBe(true)
  expect(await verdicts({})).toEqual({
    ...{ proof: 'holds', 'proof-key': 'holds', 'proof-setup': 'holds', domain: 'holds' },
    ...{ 'proof-statement': 'holds', 'gateway-key': 'holds', 'contributor-key': 'holds' },
    conclusion: 'holds',
  })
  const lines = await verifyUsageDocument(known)
  const total = statements.reduce<bigint>((sum, statement) => sum + statement.total, 0n)
  const told = lines.find(({ check }) => check === 'proof-statement')?.detail
  expect(told).toContain(`receipts 1 to 2 of the channel ${statements[0]?.channelId}`)
  expect(told).toContain(`cost ${total} atomic units`)
})

test('what nobody else says, proves nothing', async () => {
  expect(await verdicts({ verificationKey: undefined })).toMatchObject({
    ...{ proof: 'holds', 'proof-key': 'unknown', conclusion: 'unproven' },
  })
  expect(await verdicts({ takesDevInsecure: false })).toMatchObject({
    ...{ 'proof-setup': 'unknown', conclusion: 'unproven' },
  })
  expect(await verdicts({ anchors: noTrustAnchors })).toMatchObject({
    ...{ 'gateway-key': 'unknown', 'contributor-key': 'unknown', domain: 'unknown' },
    conclusion: 'unproven',
  })
})

test('another key, another gateway, another chain and a part that is gone are named', async () => {
  const other = fromHex(proofFixture('product').verificationKey ?? '0x')
  expect(await verdicts({ verificationKey: other })).toMatchObject({ proof: 'fails' })
  const stranger = [{ operator: undefined, key: accountOf(`0x${'01'.repeat(64)}`) }]
  expect(await verdicts({ anchors: { ...known.anchors, gatewayKeys: stranger } })).toMatchObject({
    ...{ 'gateway-key': 'fails', conclusion: 'fails' },
  })
  const elsewhere = { ...place, chainId: 1 } as never
  const anchors = { ...known.anchors, receiptVerifier: elsewhere }
  expect(await verdicts({ anchors })).toMatchObject({ domain: 'fails', conclusion: 'fails' })
  const twice = { ...document, segments: [...document.segments, ...document.segments] }
  expect(await verdicts({ document: twice })).toMatchObject({ proof: 'fails' })
})

test('a membership proof says what kind of receipt somebody holds', async () => {
  const proof = expectOk(parseProofDocument(bytesOf(fixture.membership)))
  const lines = await verifyProofDocument({
    proof,
    verificationKey: fromHex(proof.verificationKey ?? '0x'),
    manifest: undefined,
    takesDevInsecure: true,
  })
  expect(conclude(lines)).toBe('holds')
  const told = lines.find(({ check }) => check === 'proof-statement')
  expect(told?.verdict).toBe('holds')
  expect(told?.detail).toContain(`signed by ${addressOfPrivateKey(usageGatewayKey)}`)
})

test('a batch proof holds for the circuit and the contributor that a person knows', async () => {
  const file = new URL('../../fixtures/proofs/batch16.json', import.meta.url)
  const bytes = readFileSync(file)
  expect(isBatchDocument(bytes)).toBe(true)
  const batch = expectOk(parseBatchProof(bytes))
  const key = fromHex(batch.proof.verificationKey ?? '0x')
  const asked = { document: batch, verificationKey: key, takesDevInsecure: true }
  const alone = await verifyBatchDocument({ ...asked, anchors: noTrustAnchors })
  const told = Object.fromEntries(alone.map(({ check, verdict }) => [check, verdict]))
  expect(told).toEqual({
    ...{ proof: 'holds', 'proof-key': 'holds', 'proof-setup': 'holds', 'proof-statement': 'holds' },
    ...{ domain: 'unknown', 'contributor-key': 'unknown' },
  })
  expect(conclude(alone)).toBe('unproven')
  const { contributor } = batch.statement
  const signer = alone.find(({ check }) => check === 'contributor-key')?.detail
  const signingKey = address(/says that (0x[0-9a-f]{40})/.exec(signer ?? '')?.[1] ?? '')
  const anchors = {
    ...noTrustAnchors,
    contributorKeys: [{ operator: contributor, key: signingKey }],
  }
  expect(conclude(await verifyBatchDocument({ ...asked, anchors }))).toBe('holds')
  const changed = { ...batch, statement: { ...batch.statement, total: atomic(1n) } }
  const refused = await verifyBatchDocument({ ...asked, document: changed, anchors })
  expect(refused.find(({ check }) => check === 'proof')?.verdict).toBe('fails')
})
