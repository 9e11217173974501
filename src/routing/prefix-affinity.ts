/*
 * Who answered the beginning of a prompt last: an engine that has it in its cache saves the work of reading it again.
 *
 * A prompt's beginning is cut into blocks of 512 bytes; the key of a block is chained to the keys before it, so that equal
 * keys mean equal beginnings. The chain starts from the caller and the model: nobody can learn by timing what others asked.
 *
 * The hash is no cryptographic one. A wrong hit costs one request its best contributor and tells nobody anything; sha256
 * takes 1 µs a block of 512 bytes, this 0.15 µs (bench/route-cost.ts). The start is secret and new in each process.
 *
 * The table is an LRU of eight places for each of 8,192 sets, as in a processor's cache: three flat arrays, which cost the
 * garbage collector nothing and one block some 20 ns, where a Map in order of use takes ten times as long.
 */
import { prefixBlockBytes, prefixBlocksMax, prefixBytesMax } from './limits.ts'

/** Two words for each block, outermost first: 64 bits, of which one word names the set and the other is kept. */
export type PrefixKeys = Uint32Array

export const noPrefix: PrefixKeys = new Uint32Array(0)

const ways = 8
const setMask = prefixBlocksMax / ways - 1
const wordsPerBlock = prefixBlockBytes / 4
const scratchWords = new Int32Array(prefixBytesMax / 4)
const scratchBytes = new Uint8Array(scratchWords.buffer)

export class PrefixAffinity {
  readonly #secret: number
  readonly #tags = new Uint32Array(prefixBlocksMax)
  /** Index of the contributor, plus one; 0 is an empty place. */
  readonly #owners = new Uint32Array(prefixBlocksMax)
  readonly #usedAt = new Float64Array(prefixBlocksMax)
  #uses = 0

  /** `secret`: any 32 bits that callers cannot know. */
  constructor(secret: number) {
    this.#secret = secret | 0
  }

  /** Keys of the whole blocks of `prompt`, at most 256. A name of the caller's own takes the place of the prompt. */
  keysOf(
    prompt: Uint8Array,
    of: {
      readonly callerId: string
      readonly modelName: string
      readonly name: string | undefined
    },
  ): PrefixKeys {
    let low = hashText(of.modelName, hashText(of.callerId, this.#secret))
    let high = mix(low ^ 0x5bd1_e995)
    if (of.name !== undefined) {
      const named = hashText(of.name, low)
      return Uint32Array.of(named, mix(named ^ high))
    }
    const blocks = Math.floor(Math.min(prompt.length, prefixBytesMax) / prefixBlockBytes)
    if (blocks === 0) return noPrefix
    scratchBytes.set(prompt.subarray(0, blocks * prefixBlockBytes))
    const keys = new Uint32Array(blocks * 2)
    for (let block = 0; block < blocks; block += 1) {
      // Four lines that do not wait for each other (as in xxHash): a processor does them side by side.
      let a = low
      let b = high
      let c = low ^ 0x27d4_eb2f
      let d = high ^ 0x1656_67b1
      const end = (block + 1) * wordsPerBlock
      for (let at = block * wordsPerBlock; at < end; at += 4) {
        a = stir(a, scratchWords[at] ?? 0)
        b = stir(b, scratchWords[at + 1] ?? 0)
        c = stir(c, scratchWords[at + 2] ?? 0)
        d = stir(d, scratchWords[at + 3] ?? 0)
      }
      low = mix(a ^ mix(b ^ mix(c ^ mix(d))))
      high = mix(low ^ mix(a + b) ^ mix(c + Math.imul(d, 0x9e37_79b1)))
      keys[block * 2] = low
      keys[block * 2 + 1] = high
    }
    return keys
  }

  /** The owner of the longest beginning that is known, and the part of the whole that it is, 0 … 1. */
  find(keys: PrefixKeys): { readonly index: number; readonly share: number } | undefined {
    for (let at = keys.length - 2; at >= 0; at -= 2) {
      const place = this.#placeOf(keys, at)
      if (place === undefined) continue
      this.#use(place)
      return { index: (this.#owners[place] ?? 0) - 1, share: (at + 2) / keys.length }
    }
    return undefined
  }

  /** From now on the contributor with this index owns every beginning of this prompt. */
  remember(keys: PrefixKeys, index: number): void {
    for (let at = 0; at < keys.length; at += 2) {
      const place = this.#placeOf(keys, at) ?? this.#oldestPlace(keys, at)
      this.#tags[place] = keys[at + 1] ?? 0
      this.#owners[place] = index + 1
      this.#use(place)
    }
  }

  #use(place: number): void {
    this.#uses += 1
    this.#usedAt[place] = this.#uses
  }

  #placeOf(keys: PrefixKeys, at: number): number | undefined {
    const first = ((keys[at] ?? 0) & setMask) * ways
    const tag = keys[at + 1] ?? 0
    for (let place = first; place < first + ways; place += 1) {
      if (this.#tags[place] === tag && this.#owners[place] !== 0) return place
    }
    return undefined
  }

  #oldestPlace(keys: PrefixKeys, at: number): number {
    const first = ((keys[at] ?? 0) & setMask) * ways
    let oldest = first
    for (let place = first + 1; place < first + ways; place += 1) {
      if ((this.#usedAt[place] ?? 0) < (this.#usedAt[oldest] ?? 0)) oldest = place
    }
    return oldest
  }
}

/** One step that no word gets past unnoticed: for each line it is a bijection of the word. */
function stir(line: number, word: number): number {
  const sum = (line + Math.imul(word, 0x85eb_ca77)) | 0
  return Math.imul((sum << 13) | (sum >>> 19), 0x9e37_79b1)
}

/** The finaliser of MurmurHash3: every bit of the outcome depends on every bit. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}

function hashText(text: string, start: number): number {
  let hash = start
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  }
  // The length keeps two texts apart of which one goes on with the next one's beginning.
  return mix(hash ^ text.length)
}

const promptMarks = ['"messages"', '"input"', '"prompt"'].map((mark) => Buffer.from(mark))

/**
 * Where the prompt stands in a body's bytes. Keys are quoted, and a quote within a text is not bare, so that the mark is
 * found only outside of texts; what stands after the prompt is seldom longer than a block, and then costs one hit.
 */
export function promptBytesOf(body: Buffer): Uint8Array {
  for (const mark of promptMarks) {
    const at = body.indexOf(mark)
    if (at >= 0) return body.subarray(at + mark.length)
  }
  return body.subarray(0, 0)
}
