/*
 * What the Responses API answers here is what OpenAI's own types say, member for member.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { misfits, type TypedAnswer } from '../support/openai-types.ts'
import { eventsOf } from '../support/responses-events.ts'
import {
  answerMessage,
  ask,
  post,
  type ResponsesPlace,
  startResponsesPlace,
  streamOf,
  weather,
} from '../support/responses-place.ts'
import { chunk, roleEvent, sse, streamBytes } from '../support/scripted-upstream.ts'

let place: ResponsesPlace

beforeAll(async () => {
  place = await startResponsesPlace()
})

afterAll(() => place.close())

/** OpenAI's servers tell `store` too, which its types leave out; `output_text` is made by the client. */
const responseType = `Omit<OpenAI.Responses.Response, 'output_text'> & { store: false }`
const errorType =
  'OpenAI.Responses.ResponseErrorEvent & { error: OpenAI.ErrorObject & { request_id: string } }'

function typeOf(event: { readonly type: string }): string {
  if (event.type === 'error') return errorType
  if (!('response' in event)) return 'OpenAI.Responses.ResponseStreamEvent'
  const named = `Extract<OpenAI.Responses.ResponseStreamEvent, { type: '${event.type}' }>`
  return `Omit<${named}, 'response'> & { response: ${responseType} }`
}

const call = (fields: Record<string, unknown>) => ({
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{}' },
  ...fields,
})

/** Every member that an answer repeats. */
const full = {
  ...ask,
  instructions: 'Be brief.',
  metadata: { a: 'b' },
  tools: [weather, { type: 'function', name: 'time' }],
  tool_choice: {
    type: 'allowed_tools',
    mode: 'auto',
    tools: [{ type: 'function', name: 'weather' }],
  },
  parallel_tool_calls: false,
  max_output_tokens: 50,
  reasoning: { effort: 'low', summary: 'auto' },
  text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'low' },
  temperature: 1,
  top_p: 0.5,
  top_logprobs: 2,
  user: 'u',
  prompt_cache_key: 'k',
  safety_identifier: 's',
}

test("every answer and every event fits OpenAI's types", async () => {
  const answers: TypedAnswer[] = []
  const { upstream, gateway } = place
  const said = { reasoning_content: 'Hm.', content: 'Well.', refusal: 'No.' }
  upstream.become(answerMessage({ role: 'assistant', ...said, tool_calls: [call({})] }, 'length'))
  for (const fields of [ask, full]) {
    const answer = await (await post(gateway, fields)).json()
    answers.push({ name: 'a response', type: responseType, answer })
  }
  const logprobs = { content: [{ token: 'W', logprob: -1, bytes: [87], top_logprobs: [] }] }
  const [choice] = chunk({ content: 'Well.' })['choices'] as object[]
  const spoken = { ...chunk({}), choices: [{ ...choice, logprobs }] }
  const written = [
    chunk({ reasoning_content: 'Hm.' }),
    spoken,
    chunk({ refusal: 'No.' }),
    chunk({ tool_calls: [call({ index: 0 })] }),
  ]
  const streams = [
    streamOf(...written),
    streamOf(...written, chunk({}, 'length')),
    streamBytes([roleEvent, ...written.map(sse)], 'cut'),
  ]
  for (const stream of streams) {
    upstream.become(stream)
    gateway.pool.readmit('one')
    const events = eventsOf(await (await post(gateway, { ...full, stream: true })).text())
    for (const event of events) {
      answers.push({ name: event.type, type: typeOf(event), answer: event })
    }
  }
  expect([...new Set(answers.map(({ name }) => name))].sort()).toEqual([
    'a response',
    'error',
    'response.completed',
    'response.content_part.added',
    'response.content_part.done',
    'response.created',
    'response.failed',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.in_progress',
    'response.incomplete',
    'response.output_item.added',
    'response.output_item.done',
    'response.output_text.delta',
    'response.output_text.done',
    'response.reasoning_text.delta',
    'response.reasoning_text.done',
    'response.refusal.delta',
    'response.refusal.done',
  ])
  expect(await misfits(answers)).toEqual([])
})
