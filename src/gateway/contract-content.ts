import { AnswerContent } from '../attestation/answer-transcript.ts'
import { contentHash, deliveredHash } from '../attestation/content-hash.ts'
import { canonicalJson } from '../base/canonical-json.ts'
import { unitAt } from '../domain/endpoint.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { Bytes32 } from '../domain/units.ts'
import { answerFormats, isText } from '../upstream/answer-formats.ts'

export type ContractContent = {
  /** What a contract gets: a text in UTF-8, tool calls in RFC 8785, the wire form of a tensor, the floats of a vector. */
  readonly content: Buffer
  /** keccak256 of it, which is what the receipt names. */
  readonly contentHash: Bytes32
}

/**
 * What a contributor's answer in one piece comes to on a chain, where no JSON is read (attestation/content-hash.ts). Undefined
 * for what is no answer of that endpoint, and for more than one choice, whose hash is of all of them.
 */
export function contractContent(
  { endpoint, expected }: Pick<InferenceRequest, 'endpoint' | 'expected'>,
  body: Buffer,
): ContractContent | undefined {
  const asked = { choiceCount: 1, contentType: '', unit: unitAt(endpoint, undefined), expected }
  const answer = answerFormats[endpoint].readWhole(body, asked)
  if (answer === undefined) return undefined
  if (!isText(answer)) {
    const [only, ...others] = answer.delivered
    if (only === undefined || others.length > 0) return undefined
    return { content: only, contentHash: deliveredHash([only]) }
  }
  const choices = AnswerContent.whole(answer.deltas, 1)?.choices(1)
  const [choice] = choices ?? []
  if (choices === undefined || choice === undefined) return undefined
  const { text, toolCalls } = choice
  const written = text === '' && toolCalls.length > 0 ? canonicalJson(toolCalls) : text
  return { content: Buffer.from(written), contentHash: contentHash(choices) }
}
