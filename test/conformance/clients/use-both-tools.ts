import {
  answerWell,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  streamBytes,
  usageChunk,
  usageObject,
} from '../../support/scripted-upstream.ts'

/** The model asks for both tools at once, the arguments in pieces; once it was told what they say, it says so. */
export const useBothTools: Script = (request, response) => {
  const messages = request.json['messages'] as readonly { role: string; content: unknown }[]
  const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content)
  if (results.length > 0) return answerWell([results.join(', '), '.'])(request, response)
  const calls = [
    { id: 'call_a', name: 'add', pieces: ['{"a":', '1,"b":', '2}'] },
    { id: 'call_b', name: 'weather', pieces: ['{"ci', 'ty":"Zür', 'ich"}'] },
  ]
  const called = calls.map(({ id, name, pieces }) => ({
    id,
    type: 'function',
    function: { name, arguments: pieces.join('') },
  }))
  if (request.json['stream'] !== true) {
    const whole = completion('', usageObject(30, 20))
    const message = { role: 'assistant', content: null, tool_calls: called }
    const choices = [{ ...whole.choices[0], message, finish_reason: 'tool_calls' }]
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...whole, choices }))
    return
  }
  const part = (fields: Record<string, unknown>) => sse(chunk({ tool_calls: [fields] }))
  return streamBytes([
    sse(chunk({ role: 'assistant', content: null })),
    ...called.map(({ function: { name }, ...call }, index) =>
      part({ index, ...call, function: { name, arguments: '' } }),
    ),
    // Interleaved: the pieces of one call come between those of the other.
    ...[0, 1, 2].flatMap((piece) =>
      calls.map(({ pieces }, index) => part({ index, function: { arguments: pieces[piece] } })),
    ),
    sse(chunk({}, 'tool_calls')),
    sse(usageChunk(usageObject(30, 20))),
    sseDone,
  ])(request, response)
}
