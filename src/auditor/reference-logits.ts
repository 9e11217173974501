import { assert } from '../base/assert.ts'
import { prefillTokensMax } from '../engine/limits.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import { readBlock } from '../engine/read-prompt.ts'
import { emptySequence } from '../engine/sequence.ts'

/**
 * What the model thinks at each position of an answer that is given to it: `logits[i]` are of the token after the
 * prompt and `answer[0 … i-1]`, so there is one more than the answer has tokens. The answer is read like
 * a prompt, many tokens a pass; the last bits may differ from those that single steps give.
 */
export async function referenceLogits(
  { decoder, config }: Pick<LanguageModel, 'decoder' | 'config'>,
  prompt: readonly number[],
  answer: readonly number[],
): Promise<readonly Float32Array[]> {
  const tokens = [...prompt, ...answer]
  assert(prompt.length > 0 && tokens.length <= config.contextTokensMax, 'all of it is in context')
  const logits: Float32Array[] = []
  let sequence = emptySequence(config)
  while (sequence.tokens < tokens.length) {
    const first = sequence.tokens
    const block = tokens.slice(first, first + prefillTokensMax)
    // Whole blocks of the prompt say nothing of the answer.
    const isAnswered = first + block.length >= prompt.length
    const model = { decoder, shape: config }
    const read = await readBlock(model, sequence, block, isAnswered ? ['logits'] : [])
    sequence = read.sequence
    const all = read.states.get('logits')
    if (all === undefined) continue
    const width = all.length / block.length
    for (let at = Math.max(0, prompt.length - 1 - first); at < block.length; at += 1) {
      logits.push(all.subarray(at * width, (at + 1) * width))
    }
  }
  return logits
}
