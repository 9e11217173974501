import { AbiCoder, concat, keccak256, toUtf8Bytes } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChoiceContent, contentHash } from '../../../src/attestation/content-hash.ts'
import { InvariantViolation } from '../../../src/base/assert.ts'
import type { Json } from '../../../src/base/canonical-json.ts'

const said = (text: string): ChoiceContent => ({ text, toolCalls: [] })
const called = (...toolCalls: Json[]): ChoiceContent => ({ text: '', toolCalls })
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }

/** The definition of a choice's hash and of its leaf, by another library. */
const choiceHash = ({ text }: ChoiceContent): string => keccak256(toUtf8Bytes(text))
const leafOf = (choice: ChoiceContent, index: number): string =>
  keccak256(
    keccak256(
      AbiCoder.defaultAbiCoder().encode(['uint256', 'bytes32'], [index, choiceHash(choice)]),
    ),
  )

/** OpenZeppelin's MerkleProof.processProof: what a contract would do. */
const processProof = (leaf: string, proof: readonly string[]): string =>
  proof.reduce((a, b) => keccak256(a < b ? concat([a, b]) : concat([b, a])), leaf)

/** The siblings from a leaf to the root of a tree whose lone nodes move up. */
function proofOf(leaves: readonly string[], index: number): string[] {
  if (leaves.length === 1) return []
  const above: string[] = []
  for (let at = 0; at < leaves.length; at += 2) {
    const [left = '', right] = leaves.slice(at, at + 2)
    above.push(right === undefined ? left : processProof(left, [right]))
  }
  const sibling = leaves[index % 2 === 0 ? index + 1 : index - 1]
  const further = proofOf(above, index >> 1)
  return sibling === undefined ? further : [sibling, ...further]
}

describe('one choice', () => {
  test.each([
    // keccak256 of nothing and of "hello", as any EVM tool has them.
    ['', '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['hello', '0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8'],
  ])('the text %j', (text, hash) => {
    expect(contentHash([said(text)])).toBe(hash)
  })

  test('is its UTF-8 bytes, whatever the characters', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(text.isWellFormed())
        expect(contentHash([said(text)])).toBe(keccak256(toUtf8Bytes(text)))
        compared += 1
      }),
    )
    expect(compared).toBeGreaterThan(0)
  })

  test('is not normalised', () => {
    expect(contentHash([said('\u00e9')])).not.toBe(contentHash([said('e\u0301')]))
    expect(contentHash([said('a\r\n')])).not.toBe(contentHash([said('a\n')]))
  })
})

describe('tool calls', () => {
  test('are the array in canonical JSON', () => {
    const canonical =
      '[{"function":{"arguments":"{\\"a\\":1}","name":"f"},"id":"call_1","type":"function"}]'
    expect(contentHash([called(call)])).toBe(keccak256(toUtf8Bytes(canonical)))
  })

  test('count by their order, not by the order of their members', () => {
    const other = { type: 'function', id: 'call_2', function: { arguments: '', name: 'g' } }
    const reordered = { function: { name: 'g', arguments: '' }, id: 'call_2', type: 'function' }
    expect(contentHash([called(call, other)])).toBe(contentHash([called(call, reordered)]))
    expect(contentHash([called(call, other)])).not.toBe(contentHash([called(other, call)]))
  })

  test('beside a text are not what is hashed', () => {
    expect(contentHash([{ text: 'Calling.', toolCalls: [call] }])).toBe(
      contentHash([said('Calling.')]),
    )
  })

  test('of which there are none leave an empty text', () => {
    expect(contentHash([called()])).toBe(contentHash([said('')]))
  })
})

describe('several choices', () => {
  const texts = (count: number) => Array.from({ length: count }, (_, at) => said(`choice ${at}`))

  test.each([2, 3, 4, 5, 6, 7, 8])(
    'each of %i is proven as OpenZeppelin proves a leaf',
    (count) => {
      const choices = texts(count)
      const leaves = choices.map(leafOf)
      const root = contentHash(choices)
      leaves.forEach((leaf, index) => {
        expect(processProof(leaf, proofOf(leaves, index)), `leaf ${index}`).toBe(root)
      })
    },
  )

  test('equal choices at different places are different leaves', () => {
    expect(contentHash([said('a'), said('a')])).not.toBe(contentHash([said('a')]))
    expect(contentHash([said('a'), said('b')])).not.toBe(contentHash([said('b'), said('a')]))
  })

  test('a tree of four is not a tree of two of its inner nodes', () => {
    const four = texts(4)
    const [a = '', b = '', c = '', d = ''] = four.map(leafOf)
    const inner = [processProof(a, [b]), processProof(c, [d])]
    expect(processProof(inner[0] ?? '', [inner[1] ?? ''])).toBe(contentHash(four))
    // Leaves are hashed twice over 64 bytes with an index, so no text has an inner node as its leaf.
    expect(inner).not.toContain(leafOf(said('choice 0'), 0))
  })

  test('texts and tool calls may stand side by side', () => {
    expect(contentHash([said('a'), called(call)])).not.toBe(contentHash([said('a'), said('')]))
  })
})

test('an answer without a choice is a bug of the caller', () => {
  expect(() => contentHash([])).toThrow(InvariantViolation)
})
