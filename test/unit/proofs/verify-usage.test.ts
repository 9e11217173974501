import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { keccak256Hex } from '../../../src/chain/keccak.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { hashWord } from '../../../src/chain/typed-data.ts'
import { type Signature, zeroBytes32 } from '../../../src/domain/units.ts'
import { scalarWord } from '../../../src/proofs/field.ts'
import { usageBatches } from '../../../src/proofs/usage-batches.ts'
import {
  readUsageProof,
  type UsageProof,
  type UsageSegment,
} from '../../../src/proofs/usage-proof.ts'
import { verifyUsage } from '../../../src/proofs/verify-usage.ts'
import { expectOk } from '../../support/dev-chain.ts'
import { usageTerms } from '../../support/usage-circuit.ts'
import {
  usageGatewayKey,
  usageReceipts,
  usageSheets,
  wordOf,
} from '../../support/usage-receipts.ts'

// Made by scripts/generate-metering-proofs.ts.
const file = new URL('../../fixtures/proofs/metering.json', import.meta.url)
const fixture = JSON.parse(readFileSync(file, 'utf8')) as { readonly usage: unknown }
const document = expectOk(readUsageProof(fixture.usage))
const [first, second] = document.segments
if (first === undefined || second === undefined) throw new Error('the fixture has two segments')
const circuits = { batchVkHash: first.proof.vkHash }

const refusalOf = (segments: readonly UsageSegment[], surroundings = { circuits }): string => {
  const proven = verifyUsage({ ...document, segments }, surroundings)
  return proven.ok ? 'none' : `${proven.error.reason}: ${proven.error.detail}`
}

test('two segments prove what both receipts cost, and who signed for the gateway', () => {
  const receipts = usageReceipts([{}, { signer: 1 }])
  const total = receipts.reduce<bigint>((sum, { receipt }) => sum + receipt.cost, 0n)
  const proven = expectOk(verifyUsage(document, { circuits }))
  expect(proven).toMatchObject({ firstSeq: 1, count: 2, total, priced: total, unsignedCount: 0 })
  expect(proven.segments.map(({ gatewayKey, root }) => [gatewayKey, root])).toEqual(
    Array(2).fill([addressOfPrivateKey(usageGatewayKey), undefined]),
  )
})

test('the root that a segment names must follow from its path', () => {
  const lastDigest = expectOk(verifyUsage(document, { circuits })).segments[1]?.statement.lastDigest
  const leaf = keccak256Hex(hashWord(lastDigest ?? zeroBytes32))
  const within = { ...second, inclusion: { root: leaf, siblings: [] } }
  expect(refusalOf([first, within])).toBe('none')
  const elsewhere = { ...second, inclusion: { root: leaf, siblings: [wordOf(1)] } }
  expect(refusalOf([first, elsewhere])).toContain('proof_false')
})

/** The first segment with one of its public inputs one larger. */
const withInput = (index: number): UsageSegment => {
  const word = scalarWord(BigInt(first.proof.publicInputs[index] ?? 0) + 1n)
  return {
    ...first,
    proof: { ...first.proof, publicInputs: first.proof.publicInputs.with(index, word) },
  }
}

test('a proof holds for its own statement alone', () => {
  // Total, count, chain, signer: whatever is read of the statement.
  for (const index of [1, 3, 7, 8, 9, 17, 26]) {
    expect(refusalOf([withInput(index)])).toContain('proof_false')
  }
})

test.each<[string, readonly UsageSegment[], string]>([
  ['another order', [second, first], 'receipt 3 should stand here'],
  ['a segment twice', [first, first], 'receipt 2 should stand here'],
  [
    'another proof under a statement',
    [{ ...first, proof: { ...first.proof, proof: second.proof.proof } }],
    'proof_false',
  ],
  [
    'a signature that is none',
    [{ ...first, gatewaySignature: `0x${'00'.repeat(65)}` as Signature }],
    'no key of secp256k1',
  ],
])('%s is refused', (_, segments, why) => {
  expect(refusalOf(segments)).toContain(why)
})

test('keys of other circuits, trees and domains are refused', () => {
  expect(refusalOf([first], { circuits: { batchVkHash: wordOf(1) } })).toContain(
    'verification_key_mismatch',
  )
  const inTree = withInput(74)
  expect(refusalOf([inTree])).toContain('circuits that are not known')
  const elsewhere = verifyUsage(document, { circuits, domainSeparator: wordOf(1) })
  expect(elsewhere).toMatchObject({ error: { reason: 'public_inputs_malformed' } })
})

test.each<[string, unknown]>([
  ['nothing', null],
  ['no segments', { ...document, segments: [] }],
  ['a segment without a proof', { ...document, segments: [{}] }],
  ['a signature of half a byte', withMember('gatewaySignature', '0x1')],
  ['a path of numbers', withMember('inclusion', { root: zeroBytes32, siblings: [1] })],
])('%s is no usage proof', (_, value) => {
  expect(readUsageProof(value).ok).toBe(false)
})

function withMember(name: string, value: unknown): unknown {
  const [segment] = (fixture.usage as UsageProof).segments
  return { ...document, segments: [{ ...segment, [name]: value }] }
}

test('receipts are cut where a batch is full, or has no room for another sheet', () => {
  const [dear] = usageSheets
  if (dear === undefined) throw new Error('there is a sheet')
  const sheets = [10n, 20n, 30n].map((units) => ({
    ...dear,
    promptAtomicPerMtok: (dear.promptAtomicPerMtok + units) as typeof dear.promptAtomicPerMtok,
  }))
  const made = [0, 0, 0, 1, 2, 2, 1].map((sheet) => ({ sheet: sheets[sheet] ?? dear }))
  const sizes = (rows: number): readonly number[] =>
    expectOk(usageBatches(usageReceipts(made), { ...usageTerms, rows })).map(
      ({ statement }) => statement.count,
    )
  expect(sizes(18)).toEqual([4, 3])
  expect(sizes(2)).toEqual([2, 2, 2, 1])
})

test('batches that do not follow each other are refused with the receipt’s number', () => {
  const receipts = usageReceipts([{}, {}, {}]).toSpliced(1, 1)
  const batches = usageBatches(receipts, { ...usageTerms, rows: 1 })
  expect(batches).toMatchObject({
    error: { reason: 'receipts_apart', detail: expect.stringContaining('receipt 3 ') },
  })
  expect(usageBatches([], { ...usageTerms, rows: 1 })).toMatchObject({
    error: { reason: 'receipts_missing' },
  })
})
