import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  noPrefix,
  PrefixAffinity,
  type PrefixKeys,
  promptBytesOf,
} from '../../../src/routing/prefix-affinity.ts'

const of = { callerId: 'caller', modelName: 'm', name: undefined }
const bytes = (length: number, seed = 1): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * seed * 31 + (at >> 8) * 7 + seed) & 0xff))
const pairs = (keys: PrefixKeys): string[] =>
  Array.from({ length: keys.length / 2 }, (_, block) => `${keys[block * 2]}/${keys[block * 2 + 1]}`)

describe('keysOf', () => {
  const affinity = new PrefixAffinity(42)

  test('one key for each whole block of 512 bytes, none for less', () => {
    expect(affinity.keysOf(bytes(511), of)).toHaveLength(0)
    expect(affinity.keysOf(bytes(1_535), of)).toHaveLength(2 * 2)
    expect(affinity.keysOf(Buffer.alloc(0), of)).toHaveLength(0)
  })

  test('an equal beginning has equal keys, wherever it lies in memory', () => {
    const text = bytes(2_048)
    const moved = Buffer.concat([Buffer.from('x'), text]).subarray(1)
    expect(affinity.keysOf(moved, of)).toEqual(affinity.keysOf(text, of))
    const longer = affinity.keysOf(Buffer.concat([text, bytes(1_024, 3)]), of)
    expect(longer.subarray(0, 8)).toEqual(affinity.keysOf(text, of))
  })

  test('after the first difference all keys differ', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.nat(2_047), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const text = bytes(2_048)
        const other = Buffer.from(text)
        other[at] = (other[at] ?? 0) ^ change
        const [one, two] = [pairs(affinity.keysOf(text, of)), pairs(affinity.keysOf(other, of))]
        for (const [block, key] of one.entries()) {
          expect(key === two[block]).toBe(block < Math.floor(at / 512))
          compared += 1
        }
      }),
    )
    expect(compared).toBeGreaterThan(100)
  })

  test('what others ask of other models has other keys, in each process', () => {
    const keys = [
      affinity.keysOf(bytes(512), of),
      affinity.keysOf(bytes(512), { ...of, callerId: 'other' }),
      affinity.keysOf(bytes(512), { ...of, modelName: 'n' }),
      affinity.keysOf(bytes(512), { ...of, callerId: 'caller' + 'm', modelName: '' }),
      new PrefixAffinity(43).keysOf(bytes(512), of),
    ].flatMap(pairs)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('no two of a hundred thousand blocks have the same key', () => {
    const seen = new Set<string>()
    const text = Buffer.alloc(128 * 1024)
    for (let round = 0; round < 400; round += 1) {
      text.writeUInt32LE(round)
      for (const key of pairs(affinity.keysOf(text, of))) seen.add(key)
    }
    expect(seen.size).toBe(400 * 256)
  })

  test('a prompt beyond the bound adds nothing', () => {
    expect(affinity.keysOf(Buffer.alloc(1024 * 1024), of)).toHaveLength(256 * 2)
  })

  test("a name of the caller's own stands for the prompt", () => {
    const named = affinity.keysOf(bytes(2_048), { ...of, name: 'session' })
    expect(named).toHaveLength(2)
    expect(affinity.keysOf(Buffer.alloc(0), { ...of, name: 'session' })).toEqual(named)
    expect(affinity.keysOf(Buffer.alloc(0), { ...of, name: 'other' })).not.toEqual(named)
  })
})

describe('find', () => {
  test('the owner of the longest beginning that is known, and how much of the prompt it is', () => {
    const affinity = new PrefixAffinity(1)
    affinity.remember(affinity.keysOf(bytes(1_024), of), 7)
    expect(affinity.find(affinity.keysOf(bytes(1_024), of))).toEqual({ index: 7, share: 1 })
    expect(affinity.find(affinity.keysOf(bytes(4_096), of))).toEqual({ index: 7, share: 0.25 })
    affinity.remember(affinity.keysOf(bytes(2_048), of), 0)
    expect(affinity.find(affinity.keysOf(bytes(4_096), of))).toEqual({ index: 0, share: 0.5 })
    expect(affinity.find(affinity.keysOf(bytes(4_096, 5), of))).toBeUndefined()
    expect(affinity.find(noPrefix)).toBeUndefined()
  })

  test('what was used last is kept: thousands of other prompts push out others first', () => {
    const affinity = new PrefixAffinity(1)
    const mine = affinity.keysOf(bytes(512), of)
    const others = (round: number): PrefixKeys => {
      const text = Buffer.alloc(64 * 1024)
      text.writeUInt32LE(round + 1)
      return affinity.keysOf(text, of)
    }
    affinity.remember(mine, 3)
    for (let round = 0; round < 2_000; round += 1) {
      affinity.remember(others(round), 1)
      expect(affinity.find(mine)).toEqual({ index: 3, share: 1 })
    }
    expect(affinity.find(others(0))).toBeUndefined()
    expect(affinity.find(others(1_999))).toEqual({ index: 1, share: 1 })
  })
})

describe('promptBytesOf', () => {
  const promptOf = (fields: object): string =>
    Buffer.from(promptBytesOf(Buffer.from(JSON.stringify(fields)))).toString()

  test('begins with the messages, wherever they stand in the body', () => {
    const messages = [{ role: 'user', content: 'x' }]
    expect(promptOf({ model: 'm', messages })).toBe(':[{"role":"user","content":"x"}]}')
    expect(promptOf({ messages, model: 'm' })).toMatch(/^:\[\{"role":"user","content":"x"\}\]/)
    expect(promptOf({ model: 'm', prompt: 'x' })).toBe(':"x"}')
    expect(promptOf({ model: 'm' })).toBe('')
  })

  test('the word within a text is not taken for the field', () => {
    expect(promptOf({ user: 'say "messages": now', messages: ['x'] })).toBe(':["x"]}')
  })
})
