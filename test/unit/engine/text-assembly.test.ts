import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startTextAssembly } from '../../../src/engine/text-assembly.ts'

type Run = { readonly pieces: string[]; readonly tokens: number[]; readonly stopped: boolean }

/** Pushes the parts as tokens 0, 1, 2 …; ends where a stop string ends it. */
function assemble(parts: readonly Uint8Array[], stopStrings: readonly string[] = []): Run {
  const assembly = startTextAssembly<number>(stopStrings)
  const pieces: string[] = []
  const tokens: number[] = []
  for (const [token, bytes] of parts.entries()) {
    const delta = assembly.push(bytes, token)
    pieces.push(delta.text)
    tokens.push(...delta.tokens)
    if (assembly.stopped()) return { pieces, tokens, stopped: true }
  }
  const rest = assembly.end()
  pieces.push(rest.text)
  tokens.push(...rest.tokens)
  return { pieces, tokens, stopped: false }
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const words = (...texts: string[]): Uint8Array[] => texts.map(utf8)

/** Cuts bytes before each of the given positions. */
function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const ends = [...new Set(positions.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b)
  const starts = [0, ...ends]
  return starts.map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length))
}

/** The text before the stop string that is complete first, read character by character. */
function untilStop(text: string, stopStrings: readonly string[]): string {
  for (let end = 1; end <= text.length; end += 1) {
    const complete = stopStrings.filter((stop) => text.slice(0, end).endsWith(stop))
    const longest = Math.max(...complete.map((stop) => stop.length))
    if (complete.length > 0) return text.slice(0, end - longest)
  }
  return text
}

describe('startTextAssembly without stop strings', () => {
  test('gives each token its text at once', () => {
    expect(assemble(words('Hel', 'lo', '!')).pieces).toEqual(['Hel', 'lo', '!', ''])
  })

  test('holds the bytes of a character until it is whole', () => {
    const [first, second] = [utf8('é').subarray(0, 1), utf8('é').subarray(1)]
    const run = assemble([utf8('caf'), first, second, utf8('s')])
    expect(run.pieces).toEqual(['caf', '', 'é', 's', ''])
    expect(run.tokens).toEqual([0, 1, 2, 3])
  })

  test('drops an unfinished character at the end instead of writing U+FFFD', () => {
    const run = assemble([utf8('ok'), utf8('😀').subarray(0, 3)])
    expect(run.pieces.join('')).toBe('ok')
    expect(run.tokens).toEqual([0, 1])
  })

  test('a byte that begins no character is the only source of U+FFFD', () => {
    expect(assemble([Uint8Array.of(0x80), utf8('x')]).pieces.join('')).toBe('\ufffdx')
  })

  test('a byte-order mark is text', () => {
    expect(assemble(words('\ufeff', 'a')).pieces.join('')).toBe('\ufeffa')
  })

  test('any text, cut anywhere, comes out whole and never with a replacement character', () => {
    let splitCharacters = 0
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.array(fc.nat(200), { maxLength: 30 }),
        (text, positions) => {
          fc.pre(text.isWellFormed() && !text.includes('\ufffd'))
          const parts = cut(utf8(text), positions)
          const run = assemble(parts)
          expect(run.pieces.join('')).toBe(text)
          expect(run.pieces.every((piece) => !piece.includes('\ufffd'))).toBe(true)
          expect(run.tokens).toEqual([...parts.keys()])
          if (parts.some((part) => part.length > 0 && ((part[0] ?? 0) & 0xc0) === 0x80)) {
            splitCharacters += 1
          }
        },
      ),
      { numRuns: 500 },
    )
    expect(splitCharacters).toBeGreaterThan(0)
  })
})

describe('startTextAssembly with stop strings', () => {
  test('a stop string inside of a token ends the text before it', () => {
    const run = assemble(words('one. two', ' three'), ['. '])
    expect(run).toEqual({ pieces: ['one'], tokens: [0], stopped: true })
  })

  test('a stop string over three tokens is never given out in part', () => {
    const run = assemble(words('a', 'EN', 'D', ' OF', ' x'), ['END OF'])
    expect(run).toEqual({ pieces: ['a', '', '', ''], tokens: [0], stopped: true })
  })

  test('what turns out to be no stop string is given out as soon as that is known', () => {
    const run = assemble(words('a', 'EN', 'E', 'z'), ['END'])
    expect(run.pieces).toEqual(['a', '', 'EN', 'Ez', ''])
    expect(run.tokens).toEqual([0, 1, 2, 3])
  })

  test('an answer that ends inside of a stop string keeps what it said', () => {
    expect(assemble(words('a', 'EN'), ['END']).pieces).toEqual(['a', '', 'EN'])
  })

  test('a stop string whose beginning repeats is found', () => {
    expect(assemble(words('a', 'a', 'a', 'b'), ['aab']).pieces.join('')).toBe('a')
  })

  test('of two stop strings the one that is complete first decides', () => {
    expect(assemble(words('xabc'), ['abc', 'b']).pieces.join('')).toBe('xa')
    expect(assemble(words('x', 'a', 'b', 'c'), ['abc', 'b']).pieces.join('')).toBe('xa')
    expect(assemble(words('xabc'), ['bc', 'abc']).pieces.join('')).toBe('x')
  })

  test('a stop string of one split character is found', () => {
    const bytes = utf8('hi😀there')
    expect(assemble(cut(bytes, [3, 4, 5]), ['😀']).pieces.join('')).toBe('hi')
  })

  test('the tokens that leave are those whose text begins before the stop string', () => {
    // The last token begins before the stop string and ends in it.
    const run = assemble(words('one', ' two.', 'END'), ['.END'])
    expect(run.pieces.join('')).toBe('one two')
    expect(run.tokens).toEqual([0, 1])
  })

  test('any text, any stop strings, cut anywhere: the text before the first complete one', () => {
    let stoppedRuns = 0
    let held = 0
    fc.assert(
      fc.property(
        // Few letters, so that stop strings occur, overlap and nearly occur.
        fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 24 }),
        fc.array(
          fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), minLength: 1, maxLength: 4 }),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(fc.nat(96), { maxLength: 40 }),
        (text, stopStrings, positions) => {
          const run = assemble(cut(utf8(text), positions), stopStrings)
          const expected = untilStop(text, stopStrings)
          expect(run.pieces.join('')).toBe(expected)
          expect(run.stopped).toBe(stopStrings.some((stop) => text.includes(stop)))
          expect(run.tokens).toEqual([...run.tokens].sort((one, other) => one - other))
          if (run.stopped) stoppedRuns += 1
          if (run.pieces.slice(0, -1).includes('')) held += 1
        },
      ),
      { numRuns: 1000 },
    )
    expect(stoppedRuns).toBeGreaterThan(0)
    expect(held).toBeGreaterThan(0)
  })

  test('nothing is held that cannot become a stop string', () => {
    let checked = 0
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'ab', 'ca'), { maxLength: 20 }),
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
          maxLength: 4,
        }),
        (parts, stopStrings) => {
          const assembly = startTextAssembly<number>(stopStrings)
          let [written, given] = ['', '']
          for (const [token, part] of parts.entries()) {
            written += part
            given += assembly.push(utf8(part), token).text
            if (assembly.stopped()) return
            const rest = written.slice(given.length)
            const mayStop = stopStrings.some((stop) => stop.startsWith(rest) && stop !== rest)
            expect(rest === '' || mayStop).toBe(true)
            checked += 1
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(checked).toBeGreaterThan(0)
  })
})
