import { describe, expect, test } from 'vitest'
import type { RequestRefusal } from '../../../../src/domain/refusal.ts'
import { translateRequest } from '../../../../src/http/responses/responses-request.ts'

const asked = { model: 'm', input: 'Hi' }

function translated(fields: Readonly<Record<string, unknown>>) {
  const read = translateRequest({ ...asked, ...fields })
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  // As it is sent: without what is undefined.
  const chat = JSON.parse(JSON.stringify(read.value.chat)) as Record<string, unknown>
  return { chat, echo: read.value.echo }
}

function refusalOf(fields: Readonly<Record<string, unknown>>): RequestRefusal {
  const read = translateRequest({ ...asked, ...fields })
  if (read.ok) throw new Error('nothing was refused')
  return read.error
}

const messagesOf = (input: unknown, fields: Readonly<Record<string, unknown>> = {}) =>
  translated({ ...fields, input }).chat['messages']

const user = (...content: unknown[]) => [{ role: 'user', content }]
const call = (id: string, name = 'f') => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: '{}',
  status: 'completed',
})
const output = (id: string, value: unknown = 'done') => ({
  type: 'function_call_output',
  call_id: id,
  output: value,
})
const chatCall = (id: string, name = 'f') => ({
  id,
  type: 'function',
  function: { name, arguments: '{}' },
})
const said = (text: string) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
})
const f = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true }
const g = { type: 'function', name: 'g', description: 'Gee.', parameters: null, strict: null }

test('the smallest request is one message', () => {
  expect(translated({}).chat).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
})

describe('messages', () => {
  test('instructions come first', () => {
    expect(messagesOf('Hi', { instructions: 'Be brief.' })).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ])
  })

  test('roles and contents, with a type and without', () => {
    const input = [
      { role: 'developer', content: 'a' },
      { role: 'system', content: [{ type: 'input_text', text: 'b' }] },
      { type: 'message', role: 'user', content: 'c', status: 'completed', id: 'msg_0' },
      { role: 'assistant', content: 'd', phase: 'final_answer' },
      said('e'),
    ]
    expect(messagesOf(input)).toEqual([
      { role: 'system', content: 'a' },
      { role: 'system', content: 'b' },
      { role: 'user', content: 'c' },
      { role: 'assistant', content: 'd' },
      { role: 'assistant', content: 'e' },
    ])
  })

  test('parts: texts, pictures and files', () => {
    const input = user(
      { type: 'input_text', text: 'Look', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'input_image', image_url: 'https://a.example/b.png' },
      {
        type: 'input_image',
        image_url: 'data:image/png;base64,AA==',
        detail: 'low',
        file_id: null,
      },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
    )
    expect(messagesOf(input)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://a.example/b.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
          {
            type: 'file',
            file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
          },
        ],
      },
    ])
  })

  test('what an assistant said and refused is its text', () => {
    const content = [
      { type: 'output_text', text: 'Well, ', annotations: [] },
      { type: 'refusal', refusal: 'no.' },
    ]
    expect(messagesOf([{ role: 'assistant', content }])).toEqual([
      { role: 'assistant', content: 'Well, no.' },
    ])
  })

  test.each([
    ['text and calls of one turn', [said('Hm.'), call('a'), call('b')]],
    ['calls before the text', [call('a'), call('b'), said('Hm.')]],
    [
      'thoughts between them',
      [
        { type: 'reasoning', id: 'rs_1', summary: [] },
        said('Hm.'),
        call('a'),
        { type: 'reasoning' },
        call('b'),
      ],
    ],
  ])('%s are one message', (_name, turn) => {
    expect(
      messagesOf([...turn, output('a'), output('b', [{ type: 'input_text', text: 'x' }])]),
    ).toEqual([
      { role: 'assistant', content: 'Hm.', tool_calls: [chatCall('a'), chatCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'tool', tool_call_id: 'b', content: 'x' },
    ])
  })

  test('calls that were answered one by one are turns of their own', () => {
    expect(messagesOf([call('a'), output('a'), call('b'), output('b'), said('So.')])).toEqual([
      { role: 'assistant', content: null, tool_calls: [chatCall('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'assistant', content: null, tool_calls: [chatCall('b')] },
      { role: 'tool', tool_call_id: 'b', content: 'done' },
      { role: 'assistant', content: 'So.' },
    ])
  })

  test('pictures that tools answer with are shown by the user, behind all the answers', () => {
    const picture = { type: 'input_image', image_url: 'data:image/png;base64,AA==' }
    const shown = { type: 'image_url', image_url: { url: picture.image_url } }
    const text = { type: 'input_text', text: 'x' }
    const turn = [call('a'), call('b'), output('a', [text, picture]), output('b', [picture])]
    const answers = [
      { role: 'assistant', content: null, tool_calls: [chatCall('a'), chatCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: [shown, shown] },
    ]
    expect(messagesOf(turn)).toEqual(answers)
    expect(messagesOf([...turn, said('So.')])).toEqual([
      ...answers,
      { role: 'assistant', content: 'So.' },
    ])
  })

  test('twenty thousand calls of one turn are one message', () => {
    const calls = Array.from({ length: 20_000 }, (_, index) => call(`c${index}`))
    const [message] = messagesOf(calls) as { tool_calls: unknown[] }[]
    expect(message?.tool_calls).toHaveLength(20_000)
  })
})

describe('members', () => {
  test.each([
    [{ max_output_tokens: 9 }, { max_tokens: 9 }],
    [{ stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      { stream: true, stream_options: { include_obfuscation: false } },
      { stream: true, stream_options: { include_usage: true } },
    ],
    [{ stream: false, stream_options: null }, {}],
    [
      { temperature: 0.5, top_p: 1, user: 'u', prompt_cache_key: 'k', safety_identifier: 's' },
      { temperature: 0.5, top_p: 1, user: 'u', prompt_cache_key: 'k', safety_identifier: 's' },
    ],
    [{ service_tier: 'auto', metadata: { a: 'b' } }, { service_tier: 'auto' }],
    [
      { seed: 1, top_k: 40, stop: ['x'], min_p: 0.1 },
      { seed: 1, top_k: 40, stop: ['x'], min_p: 0.1 },
    ],
    [{ reasoning: { effort: 'low', summary: 'auto' } }, { reasoning_effort: 'low' }],
    [{ reasoning: null, text: null, tools: null, metadata: null, include: null }, {}],
    [{ include: ['reasoning.encrypted_content'] }, {}],
    [{ include: ['message.output_text.logprobs'] }, { logprobs: true }],
    [{ top_logprobs: 3 }, { logprobs: true, top_logprobs: 3 }],
    [{ top_logprobs: 0 }, {}],
    [{ store: false, background: false, truncation: 'disabled', previous_response_id: null }, {}],
    [{ text: { format: { type: 'text' }, verbosity: 'low' } }, { verbosity: 'low' }],
    [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      { text: { format: { type: 'json_schema', name: 'n', schema: { a: 1 }, strict: true } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { a: 1 }, strict: true },
        },
      },
    ],
    [
      { routing: { sort: 'price' }, attestation: { mode: 'none' } },
      { routing: { sort: 'price' }, attestation: { mode: 'none' } },
    ],
  ])('%j', (fields, expected) => {
    expect(translated(fields).chat).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      ...expected,
    })
  })

  test.each([
    [undefined, undefined],
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', name: 'g' },
      { type: 'function', function: { name: 'g' } },
    ],
  ])('tool_choice %j', (choice, expected) => {
    const { chat } = translated({ tools: [f, g], tool_choice: choice, parallel_tool_calls: false })
    expect(chat['tools']).toEqual([
      { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } },
      { type: 'function', function: { name: 'g', description: 'Gee.' } },
    ])
    expect(chat['tool_choice']).toEqual(expected)
    expect(chat['parallel_tool_calls']).toBe(false)
  })

  test('of allowed tools, engines are told only those', () => {
    const choice = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'g' }],
    }
    const { chat, echo } = translated({ tools: [f, g], tool_choice: choice })
    expect(chat['tools']).toMatchObject([{ function: { name: 'g' } }])
    expect(chat['tool_choice']).toBe('required')
    expect(echo.tools).toHaveLength(2)
    expect(echo.tool_choice).toEqual(choice)
  })

  test.each([[[]], [null]])('without tools (%j) nothing is said of them', (tools) => {
    const { chat, echo } = translated({ tools, tool_choice: 'auto', parallel_tool_calls: true })
    expect(Object.keys(chat)).toEqual(['model', 'messages'])
    expect(echo).toMatchObject({ tools: [], tool_choice: 'auto', parallel_tool_calls: true })
  })

  test('the answer repeats what was asked', () => {
    const { echo } = translated({
      instructions: 'Be brief.',
      max_output_tokens: 9,
      metadata: { a: 'b' },
      tools: [f],
      tool_choice: 'required',
      reasoning: { effort: 'high', generate_summary: 'concise' },
      temperature: 0.5,
      text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'high' },
      top_logprobs: 2,
      user: 'u',
    })
    expect(echo).toEqual({
      instructions: 'Be brief.',
      max_output_tokens: 9,
      metadata: { a: 'b' },
      tools: [{ ...f, description: null }],
      tool_choice: 'required',
      parallel_tool_calls: true,
      reasoning: { effort: 'high', summary: 'concise' },
      temperature: 0.5,
      text: {
        format: { type: 'json_schema', name: 'n', schema: {}, strict: null },
        verbosity: 'high',
      },
      top_logprobs: 2,
      top_p: null,
      prompt_cache_key: null,
      safety_identifier: null,
      user: 'u',
    })
  })
})

test('equal bodies become equal bodies, whatever the order of their members', () => {
  const one = { input: 'Hi', model: 'm', temperature: 1, instructions: 'a', stream: true }
  const other = { stream: true, instructions: 'a', temperature: 1, model: 'm', input: 'Hi' }
  const [first, second] = [one, other].map((fields) => {
    const read = translateRequest(fields)
    return read.ok ? JSON.stringify(read.value.chat) : undefined
  })
  expect(first).toBe(
    '{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":"Hi"}],' +
      '"stream":true,"stream_options":{"include_usage":true},"temperature":1}',
  )
  expect(second).toBe(first)
})

describe('refused by its name', () => {
  const unsupported: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ store: true }, 'store'],
    [{ background: true }, 'background'],
    [{ truncation: 'auto' }, 'truncation'],
    [{ max_tool_calls: 1 }, 'max_tool_calls'],
    [{ messages: [] }, 'messages'],
    [{ context_management: [] }, 'context_management'],
    [{ reasoning: { mode: 'pro' } }, 'reasoning.mode'],
    [{ text: { other: 1 } }, 'text.other'],
    [
      { stream: true, stream_options: { include_obfuscation: true } },
      'stream_options.include_obfuscation',
    ],
    [{ stream: true, stream_options: { include_usage: true } }, 'stream_options.include_usage'],
    ...[
      ...['web_search', 'web_search_preview', 'file_search', 'computer', 'computer_use_preview'],
      ...['code_interpreter', 'image_generation', 'mcp', 'custom', 'local_shell', 'shell'],
    ].map((type) => [{ tools: [f, { type }] }, 'tools[1].type'] as const),
    [{ tools: [{ ...f, defer_loading: true }] }, 'tools[0].defer_loading'],
    [{ tools: [{ ...f, async: true }] }, 'tools[0].async'],
    [{ tools: [{ ...f, output_schema: {} }] }, 'tools[0].output_schema'],
    [{ tools: [f], tool_choice: { type: 'web_search' } }, 'tool_choice.type'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0].type'],
    [{ input: [{ id: 'msg_1' }] }, 'input[0].type'],
    [{ input: [said('a'), { type: 'web_search_call', id: 'ws_1' }] }, 'input[1].type'],
    [{ input: user({ type: 'input_audio', input_audio: {} }) }, 'input[0].content[0].type'],
    [{ input: user({ type: 'input_image', file_id: 'file_1' }) }, 'input[0].content[0].file_id'],
    [{ input: user({ type: 'input_file', file_id: 'file_1' }) }, 'input[0].content[0].file_id'],
    [
      { input: user({ type: 'input_file', file_url: 'https://a' }) },
      'input[0].content[0].file_url',
    ],
    [
      { input: [{ role: 'assistant', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'input[0].content[0].type',
    ],
    [{ input: [call('a'), output('a', [{ type: 'other' }])] }, 'input[1].output[0].type'],
  ]

  test.each(unsupported)('%j: %s', (fields, param) => {
    const refusal = refusalOf(fields)
    expect(refusal).toMatchObject({ reason: 'unsupported_parameter', param })
  })

  const wrong: readonly (readonly [Record<string, unknown>, RequestRefusal['reason'], string])[] = [
    [{ input: undefined }, 'missing_required_parameter', 'input'],
    [{ input: [] }, 'invalid_value', 'input'],
    [{ input: [{ type: 'reasoning' }] }, 'invalid_value', 'input'],
    [{ input: 7 }, 'invalid_type', 'input'],
    [{ input: ['a'] }, 'invalid_type', 'input[0]'],
    [{ input: [{}] }, 'missing_required_parameter', 'input[0].type'],
    [{ input: [{ type: 7 }] }, 'invalid_type', 'input[0].type'],
    [{ input: [{ type: 'message', content: 'a' }] }, 'missing_required_parameter', 'input[0].role'],
    [{ input: [{ role: 'tool', content: 'a' }] }, 'invalid_value', 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'missing_required_parameter', 'input[0].content'],
    [{ input: [{ role: 'user', content: {} }] }, 'invalid_type', 'input[0].content'],
    [{ input: [{ role: 'assistant', content: [1] }] }, 'invalid_type', 'input[0].content[0]'],
    [{ input: user({}) }, 'missing_required_parameter', 'input[0].content[0].type'],
    [
      { input: user({ type: 'input_text' }) },
      'missing_required_parameter',
      'input[0].content[0].text',
    ],
    [
      { input: user({ type: 'input_image', image_url: 'x', detail: 'original' }) },
      'invalid_value',
      'input[0].content[0].detail',
    ],
    [
      { input: [{ ...call('a'), call_id: undefined }] },
      'missing_required_parameter',
      'input[0].call_id',
    ],
    [{ input: [{ ...call('a'), arguments: {} }] }, 'invalid_type', 'input[0].arguments'],
    [
      { input: [{ ...output('a'), output: undefined }] },
      'missing_required_parameter',
      'input[0].output',
    ],
    [{ instructions: [] }, 'invalid_type', 'instructions'],
    [{ stream: 1 }, 'invalid_type', 'stream'],
    [{ stream_options: {} }, 'invalid_value', 'stream_options'],
    [{ max_output_tokens: 0 }, 'invalid_value', 'max_output_tokens'],
    [{ max_output_tokens: 1.5 }, 'invalid_value', 'max_output_tokens'],
    [{ max_output_tokens: '1' }, 'invalid_type', 'max_output_tokens'],
    [{ tools: {} }, 'invalid_type', 'tools'],
    [{ tools: [{ type: 'function' }] }, 'missing_required_parameter', 'tools[0].name'],
    [{ tools: [{ ...f, name: '' }] }, 'invalid_value', 'tools[0].name'],
    [{ tools: [{ ...f, parameters: [] }] }, 'invalid_type', 'tools[0].parameters'],
    [{ tools: [f], tool_choice: 'any' }, 'invalid_value', 'tool_choice'],
    [{ tools: [f], tool_choice: 7 }, 'invalid_type', 'tool_choice'],
    [{ tool_choice: 'required' }, 'invalid_value', 'tool_choice'],
    [
      { tools: [f], tool_choice: { type: 'function', name: 'x' } },
      'invalid_value',
      'tool_choice.name',
    ],
    [
      { tools: [f], tool_choice: { type: 'allowed_tools', tools: [f] } },
      'missing_required_parameter',
      'tool_choice.mode',
    ],
    [
      { tools: [f], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } },
      'invalid_value',
      'tool_choice.tools',
    ],
    [
      { tools: [f], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [g] } },
      'invalid_value',
      'tool_choice.tools[0].name',
    ],
    [{ text: { format: {} } }, 'missing_required_parameter', 'text.format.type'],
    [{ text: { format: { type: 'xml' } } }, 'invalid_value', 'text.format.type'],
    [
      { text: { format: { type: 'json_schema', name: 'n' } } },
      'missing_required_parameter',
      'text.format.schema',
    ],
    [{ text: { verbosity: 'loud' } }, 'invalid_value', 'text.verbosity'],
    [{ reasoning: { effort: 'huge' } }, 'invalid_value', 'reasoning.effort'],
    [{ include: ['file_search_call.results'] }, 'invalid_value', 'include[0]'],
    [{ include: 'all' }, 'invalid_type', 'include'],
    [{ top_logprobs: 21 }, 'invalid_value', 'top_logprobs'],
    [{ metadata: { a: 1 } }, 'invalid_value', 'metadata'],
    [
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, ''])) },
      'invalid_value',
      'metadata',
    ],
    [{ user: 7 }, 'invalid_type', 'user'],
    [{ truncation: 'some' }, 'invalid_value', 'truncation'],
  ]

  test.each(wrong)('%j: %s of %s', (fields, reason, param) => {
    expect(refusalOf(fields)).toMatchObject({ reason, param })
  })

  test('a name that its caller made up comes back short and harmless', () => {
    const name = `\u001b[2J${'x'.repeat(5_000)}`
    expect(refusalOf({ [name]: 1 })).toMatchObject({ param: `?[2J${'x'.repeat(124)}` })
  })
})
