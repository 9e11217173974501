import type { Refusal } from '../../domain/refusal.ts'
import { errorAnswer } from '../openai-error.ts'

/** OpenAI's error object, whose `param` is called what this API calls it. */
export function responsesError(
  refusal: Refusal,
  requestId: string | undefined,
): Readonly<ReturnType<typeof errorAnswer>['error'] & { readonly request_id?: string }> {
  const { error } = errorAnswer(refusal)
  const param = error.param === 'messages' ? 'input' : error.param
  return { ...error, param, ...(requestId !== undefined && { request_id: requestId }) }
}

export const responsesErrorBody = (refusal: Refusal, requestId: string | undefined): string =>
  JSON.stringify({ error: responsesError(refusal, requestId) })
