import { expect, test } from 'vitest'
import { scalarModulus } from '../../../src/proofs/field.ts'
import { devInsecure, type Proof, proofBytesMax, readProof } from '../../../src/proofs/proof.ts'

const word = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`

const document = {
  object: 'vouch.proof',
  system: 'groth16',
  circuit: 'risk-v2',
  vkHash: word(5n),
  setup: devInsecure,
  publicInputs: [word(0n), word(scalarModulus - 1n)],
  proof: `0x${'ab'.repeat(256)}`,
}

const faultsOf = (value: unknown) => {
  const read = readProof(value)
  return read.ok ? [] : read.error.map(({ path }) => path)
}

test('a proof document is read, and its hex lowered', () => {
  const upper = { ...document, vkHash: document.vkHash.replace('5', 'A'), proof: '0xABCD' }
  const read = readProof(upper)
  expect(read).toEqual({
    ok: true,
    value: { ...document, vkHash: word(10n), proof: '0xabcd' } as unknown as Proof,
  })
})

test('a key within is kept, and none is invented', () => {
  expect(readProof({ ...document, verificationKey: '0x01' })).toMatchObject({
    value: { verificationKey: '0x01' },
  })
  expect(Object.keys(readProof(document).ok ? document : {})).not.toContain('verificationKey')
})

test.each([
  ['object', { object: 'vouch.receipt' }],
  ['system', { system: 'plonk' }],
  ['system', { system: 'toString' }],
  ['circuit', { circuit: '../etc' }],
  ['circuit', { circuit: 'a'.repeat(101) }],
  ['vkHash', { vkHash: '0x12' }],
  ['setup', { setup: 'production' }],
  ['publicInputs', { publicInputs: 'none' }],
  ['publicInputs', { publicInputs: [word(scalarModulus)] }],
  ['publicInputs', { publicInputs: [word(1n).slice(0, 65)] }],
  ['publicInputs', { publicInputs: Array.from({ length: 4097 }, () => word(1n)) }],
  ['proof', { proof: '0x123' }],
  ['proof', { proof: `0x${'00'.repeat(proofBytesMax + 1)}` }],
  ['verificationKey', { verificationKey: 'key' }],
  ['more', { more: 1 }],
])('%s out of its bounds is named: %j', (path, change) => {
  expect(faultsOf({ ...document, ...change })).toEqual([path])
})

test('every member but the key must be there', () => {
  expect(faultsOf({})).toEqual(Object.keys(document))
  for (const other of [null, [], 'text', 7]) expect(faultsOf(other)).toEqual([''])
})
