import { assert } from '../base/assert.ts'
import {
  allocate,
  capacityFor,
  copyPositions,
  type KeyValueShape,
  type KeyValues,
} from './key-values.ts'
import { emptySequence, type Sequence } from './sequence.ts'

/**
 * Keys and values of blocks that were read lately, so that a text that begins like one of them (the
 * next turn of a conversation, a shared system message) skips what was computed. Blocks form a
 * tree: beginnings that texts share are kept once.
 *
 * Reuse changes no bit of an answer: only whole blocks of `blockTokens` are reused, prompts are
 * always read in the same blocks, and so a block was computed by the very call that would compute
 * it again.
 */
export type PrefixCache = {
  /** The longest kept beginning of these tokens, copied; at least one token is left to compute. */
  readonly longestPrefix: (tokens: readonly number[]) => Sequence
  /** How many tokens `longestPrefix` would give, without the copy. */
  readonly prefixTokens: (tokens: readonly number[]) => number
  /** Keeps the whole blocks of a text that was just read. */
  readonly keep: (tokens: readonly number[], read: KeyValues) => void
}

type Block = {
  readonly keyValues: KeyValues
  readonly after: Blocks
  /** Of the counter of uses: the least is the first to go. */
  usedAt: number
}

/** By their tokens, joined with commas. */
type Blocks = Map<string, Block>

export function openPrefixCache(options: {
  readonly shape: KeyValueShape
  readonly blockTokens: number
  /** The block that was not used for longest is dropped beyond this. Zero keeps nothing. */
  readonly bytesMax: number
}): PrefixCache {
  const { shape, blockTokens } = options
  const { layers, heads, headDimension, contextTokensMax } = shape
  const blockBytes =
    2 * layers * heads * headDimension * blockTokens * Float32Array.BYTES_PER_ELEMENT
  const blocksMax = Math.floor(options.bytesMax / blockBytes)
  const roots: Blocks = new Map()
  let kept = 0
  let uses = 0

  const keyOf = (tokens: readonly number[], at: number): string =>
    tokens.slice(at, at + blockTokens).join()

  /** The kept blocks that these tokens begin with. */
  function pathOf(tokens: readonly number[]): Block[] {
    const path: Block[] = []
    let level = roots
    for (let at = 0; at + blockTokens <= tokens.length; at += blockTokens) {
      const block = level.get(keyOf(tokens, at))
      if (block === undefined) break
      path.push(block)
      level = block.after
    }
    return path
  }

  /** Drops the least recently used leaf: a block is never used later than one behind it. */
  function dropOne(): void {
    let oldest:
      | { readonly level: Blocks; readonly key: string; readonly usedAt: number }
      | undefined
    const levels: Blocks[] = [roots]
    for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
      for (const [key, { after, usedAt }] of level) {
        if (after.size > 0) levels.push(after)
        else if (oldest === undefined || usedAt < oldest.usedAt) oldest = { level, key, usedAt }
      }
    }
    assert(oldest !== undefined, 'a tree that is full has a leaf')
    oldest.level.delete(oldest.key)
    kept -= 1
  }

  return {
    prefixTokens: (tokens) => pathOf(tokens.slice(0, -1)).length * blockTokens,
    longestPrefix: (tokens) => {
      const path = pathOf(tokens.slice(0, -1))
      if (path.length === 0) return emptySequence(shape)
      const length = path.length * blockTokens
      const capacity = capacityFor(length, contextTokensMax)
      const keyValues = allocate(shape, { rows: 1, capacity })
      uses += 1
      for (const [index, block] of path.entries()) {
        block.usedAt = uses
        const to = { of: keyValues, row: 0, first: index * blockTokens }
        copyPositions({ of: block.keyValues, row: 0, first: 0 }, to, blockTokens)
      }
      return { tokens: length, keyValues }
    },
    keep: (tokens, read) => {
      uses += 1
      let level = roots
      for (let at = 0; at + blockTokens <= tokens.length; at += blockTokens) {
        if (at >= blocksMax * blockTokens) return
        const key = keyOf(tokens, at)
        let block = level.get(key)
        if (block === undefined) {
          const keyValues = allocate(shape, { rows: 1, capacity: blockTokens })
          copyPositions(
            { of: read, row: 0, first: at },
            { of: keyValues, row: 0, first: 0 },
            blockTokens,
          )
          block = { keyValues, after: new Map(), usedAt: uses }
          level.set(key, block)
          kept += 1
        }
        block.usedAt = uses
        level = block.after
      }
      while (kept > blocksMax) dropOne()
    },
  }
}
