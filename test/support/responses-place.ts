/*
 * A gateway that is asked as OpenAI's Responses API is, by the `openai` client or by bare requests, and upstreams that
 * speak chat completions.
 */
import OpenAI, { APIError } from 'openai'
import type { TestGateway } from './gateway-on-ledger.ts'
import {
  answerStatus,
  completion,
  roleEvent,
  type Script,
  sse,
  sseDone,
  streamBytes,
  usageChunk,
  usageObject,
} from './scripted-upstream.ts'
import { openUpstreamPlace, type UpstreamPlace } from './upstream-place.ts'

export type ResponsesPlace = UpstreamPlace & { readonly openai: OpenAI }

export async function startResponsesPlace(): Promise<ResponsesPlace> {
  const place = await openUpstreamPlace()
  return { ...place, openai: clientOf(place.gateway) }
}

export const clientOf = ({ origin, apiKey }: Pick<TestGateway, 'origin' | 'apiKey'>): OpenAI =>
  new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 })

export const ask = { model: 'm', input: 'Say hello.' }

/** Sends these fields, or these bytes. */
export const post = (
  { origin, apiKey }: Pick<TestGateway, 'origin' | 'apiKey'>,
  fields: string | Record<string, unknown>,
): Promise<Response> =>
  fetch(`${origin}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: typeof fields === 'string' ? fields : JSON.stringify(fields),
  })

/** A whole answer with this message. */
export const answerMessage = (message: Record<string, unknown>, finish = 'stop'): Script => {
  const whole = completion('', usageObject(9, 12))
  const choices = [{ ...whole.choices[0], message, finish_reason: finish }]
  return answerStatus(200, JSON.stringify({ ...whole, choices }))
}

/** A stream of these chunks, with what comes before and behind them. */
export const streamOf = (...events: Record<string, unknown>[]): Script =>
  streamBytes([roleEvent, ...events.map(sse), sse(usageChunk(usageObject(9, 12))), sseDone])

export async function refusalOf(promise: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(promise).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof APIError)) throw new Error('the SDK raised no APIError', { cause: error })
  return error
}

export const weather = {
  type: 'function' as const,
  name: 'weather',
  description: 'The weather of a place.',
  parameters: { type: 'object', properties: { place: { type: 'string' } } },
  strict: true,
}
