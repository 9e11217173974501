import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scalarModulus } from '../../../src/proofs/field.ts'
import { readR1cs } from '../../../src/prover/groth16/read-r1cs.ts'
import { readSections, writeSectionFile } from '../../../src/prover/section-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-sections-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function written(sections: Parameters<typeof writeSectionFile>[2], magic = 'r1cs'): Buffer {
  const path = join(folder, `${Math.floor(sections.length)}-${magic}-${files++}`)
  writeSectionFile(path, { magic, version: 1 }, sections)
  return readFileSync(path)
}
let files = 0

const uint32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [at, value] of values.entries()) bytes.writeUInt32LE(value, 4 * at)
  return bytes
}
const field = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()

describe('a file of sections', () => {
  test('gives back what was written', () => {
    const bytes = written([
      { id: 7, parts: [Buffer.from('ab'), Buffer.from('c')] },
      { id: 2, parts: [] },
    ])
    const read = readSections(bytes, 'r1cs')
    expect(read.ok && [...read.value].map(([id, data]) => [id, data.toString()])).toEqual([
      [7, 'abc'],
      [2, ''],
    ])
  })

  test('is refused of another kind, and cut off at any byte', () => {
    const bytes = written([{ id: 1, parts: [Buffer.from('abc')] }])
    expect(readSections(bytes, 'zkey')).toMatchObject({ ok: false })
    for (let length = 0; length < bytes.length; length += 1) {
      expect(readSections(bytes.subarray(0, length), 'r1cs').ok).toBe(false)
    }
  })
})

describe('an r1cs file', () => {
  const header = (modulus: bigint) =>
    // Wires, outputs, public and private inputs, labels (u64), constraints.
    Buffer.concat([uint32(32), field(modulus), uint32(4, 1, 1, 1, 9, 0, 1)])
  // (2·w2) · (w3) = (w1 + (r − 1)·w0)
  const constraint = Buffer.concat([
    ...[uint32(1, 2), field(2n)],
    ...[uint32(1, 3), field(1n)],
    ...[uint32(2, 1), field(1n), uint32(0), field(scalarModulus - 1n)],
  ])

  test('gives its terms in order', () => {
    const bytes = written([
      { id: 2, parts: [constraint] },
      { id: 1, parts: [header(scalarModulus)] },
    ])
    const read = readR1cs(bytes)
    if (!read.ok) throw new Error(read.error)
    expect(read.value).toMatchObject({ wires: 4, publicWires: 2, constraints: 1 })
    const terms: unknown[] = []
    read.value.eachTerm((term) => terms.push(term))
    expect(terms).toEqual([
      { constraint: 0, matrix: 'a', wire: 2, coefficient: 2n },
      { constraint: 0, matrix: 'b', wire: 3, coefficient: 1n },
      { constraint: 0, matrix: 'c', wire: 1, coefficient: 1n },
      { constraint: 0, matrix: 'c', wire: 0, coefficient: scalarModulus - 1n },
    ])
  })

  test('is refused of another curve, and without its sections', () => {
    const other = written([
      { id: 1, parts: [header(scalarModulus - 2n)] },
      { id: 2, parts: [constraint] },
    ])
    expect(readR1cs(other)).toEqual({ ok: false, error: 'a circuit of another curve than BN254' })
    expect(readR1cs(written([{ id: 1, parts: [header(scalarModulus)] }]))).toMatchObject({
      ok: false,
    })
  })
})
