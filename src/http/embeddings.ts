import { embeddingInputsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { inOnePiece, type OpenedBody, oneEach } from './open-json-body.ts'
import { hasOnly } from './openai-schema.ts'
import { jsonSurface } from './opened-surface.ts'
import { boundRendered, readPrompts } from './prompt-list.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/embeddings`: a vector for each input, as numbers or in base64. docs/endpoints.md. */
export const embeddings: Surface = jsonSurface('/v1/embeddings', readEmbeddingRequest)

/** Fields of which no engine writes anything before an input. */
const notRendered: ReadonlySet<string> = new Set([
  ...['model', 'input', 'encoding_format', 'dimensions', 'user', 'routing', 'attestation'],
  ...['input_type', 'truncate', 'truncate_prompt_tokens', 'add_special_tokens'],
])
const dimensionsMax = 65_536

/** Source: OpenAI API reference, "Create embeddings". */
function readEmbeddingRequest({
  fields,
  reader,
  verdict,
  common,
}: OpenedBody): Result<Asked['request'], RequestRefusal> {
  const inputs = readPrompts(reader, 'input', { countMax: embeddingInputsMax, takesEmpty: false })
  const form = reader.oneOf('encoding_format', ['float', 'base64']) ?? 'float'
  reader.wholeNumber('dimensions', { min: 1, max: dimensionsMax })
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  if (inputs === undefined) return err({ reason: 'missing_required_parameter', param: 'input' })
  return ok({
    ...inOnePiece,
    endpoint: 'embeddings',
    ...common,
    choiceCount: inputs.count,
    messageCount: inputs.count,
    promptBytes: hasOnly(fields, notRendered)
      ? inputs.bytes
      : boundRendered(inputs, common.forwardedBody),
    promptCount: inputs.count,
    promptTokensMin: inputs.longestTokensMin,
    expected: { ...oneEach, form },
  })
}
