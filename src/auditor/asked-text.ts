import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import { chatApi, completionsApi } from '../engine/answer-apis.ts'
import { isFields } from '../engine/body-fields.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import type { AskedChoices } from './replay-answer.ts'

/** A request for text as the reference reads it. */
export type AskedText = AskedChoices & {
  /** The request bounds its answer; else the contributor's own bound, which nobody knows here, may be wider. */
  readonly isBounded: boolean
  /** It says the temperature, which engines else choose for themselves. */
  readonly hasTemperature: boolean
}

/**
 * Reads the body that a contributor got. Its model's name is the contributor's own and not looked at. The error is for a
 * person: what the reference cannot compute is no fault of whoever could.
 */
export function readAskedText(
  model: LanguageModel,
  asked: { readonly jobId: Bytes32; readonly body: Buffer },
): Result<AskedText, string> {
  const fields = parse(asked.body)
  if (fields === undefined) return err('the request is not JSON')
  const api = 'messages' in fields ? chatApi : 'prompt' in fields ? completionsApi : undefined
  if (api === undefined) return err('the request is not for text')
  const name = fields['model']
  const read = api.read(asked.body, { ...model, name: typeof name === 'string' ? name : '' })
  if (!read.ok) return err(`the reference refuses the request: ${read.error.message}`)
  const { request, prompts } = read.value
  const bound = fields['max_tokens'] ?? fields['max_completion_tokens'] ?? null
  return ok({
    request,
    prompts,
    seed: request.seed ?? BigInt(asked.jobId.slice(0, 10)),
    // The text API has a bound of its own where none is given.
    isBounded: bound !== null || api === completionsApi,
    hasTemperature: (fields['temperature'] ?? null) !== null,
  })
}

function parse(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}
