import { type DecoderSession, firstPositions, type KeyValueCache } from './decoder-session.ts'

/**
 * Keys and values of the last few prompts, so that a prompt that begins like one of them (the next
 * turn of a conversation, a shared system message) skips what was computed.
 *
 * Reuse changes no bit of an answer: only whole blocks of `blockTokens` are reused, prompts are
 * always read in the same blocks, and so a block was computed by the very call that would compute
 * it again.
 */
export type PrefixCache = {
  /** The longest kept beginning of these tokens; at least one token is left to compute. */
  readonly longestPrefix: (tokens: readonly number[]) => KeyValueCache
  /** Keeps a prompt that was just read, with the keys and values of all its tokens. */
  readonly keep: (tokens: readonly number[], cache: KeyValueCache) => void
}

/** Whole blocks of tokens; the cache may reach beyond them. */
type Entry = { readonly tokens: readonly number[]; readonly cache: KeyValueCache }

export function openPrefixCache(options: {
  readonly decoder: Pick<DecoderSession, 'emptyCache'>
  readonly blockTokens: number
  /** The least recently used is dropped beyond this. Zero keeps nothing. */
  readonly entriesMax: number
}): PrefixCache {
  const { blockTokens, entriesMax } = options
  let entries: readonly Entry[] = []

  const wholeBlocks = (count: number): number => count - (count % blockTokens)

  return {
    longestPrefix: (tokens) => {
      let best: Entry | undefined
      let length = 0
      for (const entry of entries) {
        const common = wholeBlocks(commonLength(entry.tokens, tokens.slice(0, -1)))
        if (common > length) [best, length] = [entry, common]
      }
      if (best === undefined) return options.decoder.emptyCache
      entries = [best, ...entries.filter((entry) => entry !== best)]
      return firstPositions(best.cache, length)
    },
    keep: (tokens, cache) => {
      const prefix = tokens.slice(0, wholeBlocks(tokens.length))
      if (prefix.length === 0) return
      // An entry that the new one begins with, or is the beginning of, says nothing more than the
      // longer of the two.
      const isNews = entries.every((entry) => commonLength(entry.tokens, prefix) < prefix.length)
      if (!isNews) return
      const others = entries.filter(
        (entry) => commonLength(entry.tokens, prefix) < entry.tokens.length,
      )
      entries = [{ tokens: prefix, cache }, ...others].slice(0, entriesMax)
    },
  }
}

function commonLength(one: readonly number[], other: readonly number[]): number {
  const end = Math.min(one.length, other.length)
  let length = 0
  while (length < end && one[length] === other[length]) length += 1
  return length
}
