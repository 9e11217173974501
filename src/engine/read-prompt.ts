import { assert } from '../base/assert.ts'
import type { DecoderSession } from './decoder-session.ts'
import { copyPositions, type KeyValueShape } from './key-values.ts'
import type { PrefixCache } from './prefix-cache.ts'
import { type Sequence, withRoomFor } from './sequence.ts'

/** A prompt after the model has read it: any number of answers may start from it. */
export type ReadPrompt = {
  readonly sequence: Sequence
  /** Of the token after its last one. */
  readonly logits: Float32Array
  readonly cachedTokens: number
}

export type PromptReader = {
  /** Undefined when the signal came first. Prompts are read one after another, in the order of asking. */
  readonly read: (tokens: readonly number[], signal: AbortSignal) => Promise<ReadPrompt | undefined>
  /**
   * Reads what the next prompt probably begins with into the prefix cache: block by block, as long
   * as nothing else is to be done. Then nobody waits for it, and who comes finds it read.
   */
  readonly readAhead: (tokens: readonly number[]) => void
  /** Prompts that are read or wait for it. */
  readonly reading: () => number
}

export type PromptReading = {
  readonly decoder: Pick<DecoderSession, 'forward'>
  readonly shape: KeyValueShape
  readonly prefixCache: PrefixCache
  /** Tokens of one pass; between two of them answers that are being written go on. */
  readonly blockTokens: number
  /** Whether, beyond reading, the model has nothing to do. */
  readonly isIdle: () => boolean
}

export function openPromptReader(reading: PromptReading): PromptReader {
  let last: Promise<unknown> = Promise.resolve()
  let count = 0
  return {
    read: (tokens, signal) => {
      count += 1
      const read = last.then(() => readBlocks(reading, tokens, signal))
      // Whoever comes next waits for the end, however that was.
      last = read.then(
        () => {},
        () => {},
      )
      return read.finally(() => {
        count -= 1
      })
    },
    readAhead: (tokens) => {
      // In a turn of its own: whoever asks is about to give its place back.
      setImmediate(() => {
        const isFree = (): boolean => count === 0 && reading.isIdle()
        // Whatever fails here fails again, and is told, when somebody asks for it.
        readAhead(reading, tokens, isFree).catch(() => {})
      })
    },
    reading: () => count,
  }
}

async function readAhead(
  { prefixCache, blockTokens, ...model }: PromptReading,
  tokens: readonly number[],
  isFree: () => boolean,
): Promise<void> {
  const whole = tokens.length - (tokens.length % blockTokens)
  if (!isFree() || prefixCache.prefixTokens(tokens) >= whole) return
  let sequence = prefixCache.longestPrefix(tokens)
  while (sequence.tokens < whole && isFree()) {
    const block = tokens.slice(sequence.tokens, sequence.tokens + blockTokens)
    sequence = (await readBlock(model, sequence, block)).sequence
    prefixCache.keep(tokens.slice(0, sequence.tokens), sequence.keyValues)
  }
}

/** Block by block, starting after what the prefix cache holds. */
async function readBlocks(
  { decoder, shape, prefixCache, blockTokens }: PromptReading,
  tokens: readonly number[],
  signal: AbortSignal,
): Promise<ReadPrompt | undefined> {
  assert(tokens.length > 0, 'a prompt has at least one token')
  if (signal.aborted) return undefined
  let sequence = prefixCache.longestPrefix(tokens)
  const cachedTokens = sequence.tokens
  for (;;) {
    const block = tokens.slice(sequence.tokens, sequence.tokens + blockTokens)
    const read = await readBlock({ decoder, shape }, sequence, block)
    sequence = read.sequence
    if (sequence.tokens === tokens.length) {
      prefixCache.keep(tokens, sequence.keyValues)
      return { sequence, logits: read.logits, cachedTokens }
    }
    if (signal.aborted) return undefined
  }
}

/**
 * One pass over the next tokens of a sequence, which is lengthened by them. The room depends on the
 * place of the tokens alone, and so do the bits of what comes out.
 */
export async function readBlock(
  { decoder, shape }: Pick<PromptReading, 'decoder' | 'shape'>,
  sequence: Sequence,
  block: readonly number[],
  states: readonly string[] = [],
): Promise<
  Pick<ReadPrompt, 'sequence' | 'logits'> & { readonly states: ReadonlyMap<string, Float32Array> }
> {
  const tokens = sequence.tokens + block.length
  const { keyValues } = withRoomFor(sequence, tokens, shape)
  const input = { past: keyValues, pastTokens: [sequence.tokens], tokenIds: [block] }
  const { logits, added, states: stated } = await decoder.forward(input, states)
  const to = { of: keyValues, row: 0, first: sequence.tokens }
  copyPositions({ of: added, row: 0, first: 0 }, to, block.length)
  const [ofRow] = logits
  assert(ofRow !== undefined, 'a pass over one row gives its logits')
  return { sequence: { tokens, keyValues }, logits: ofRow, states: stated }
}
