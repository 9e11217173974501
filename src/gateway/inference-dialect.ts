import { InvariantViolation } from '../base/assert.ts'
import { decodeTensor } from '../base/wire-tensor.ts'
import type { InferenceRequest } from '../domain/request.ts'
import { numbersOf } from '../domain/tensor-numbers.ts'
import type { TensorTerms } from '../domain/tensor-terms.ts'
import type { MeteredUsage } from '../domain/usage.ts'
import type { AnswerDialect } from './answer-client.ts'

/**
 * The answer of a provable model as JSON: numbers for people, and beside them the integers of both sides, of which the
 * receipt's hashes are and with which a contract is called. An answer never changes: its JSON written again has the same bytes.
 */
export const inferenceDialect = (
  { requestId, modelName, receivedAtMs }: InferenceRequest,
  asked: { readonly integers: Int32Array; readonly tensors: TensorTerms },
): AnswerDialect => ({
  whole: (wire, usage) => {
    const integers = decodeTensor(wire)
    if (integers === undefined) throw new InvariantViolation('an answer was read before it is told')
    const answer = {
      id: requestId,
      object: 'vouch.inference',
      created: Math.floor(receivedAtMs / 1000),
      model: modelName,
      output: numbersOf(integers, asked.tensors.outputs),
      integers: { input: [...asked.integers], output: [...integers] },
      usage: usageObject(usage),
    }
    return Buffer.from(JSON.stringify(answer))
  },
  chunk: inOnePiece,
  closing: inOnePiece,
  failed: inOnePiece,
})

const inOnePiece = (): never => {
  throw new InvariantViolation('an inference is answered in one piece')
}

const usageObject = ({ promptTokens, completionTokens }: MeteredUsage) => ({
  unit: 'value',
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
})
