/*
 * An OpenAI-compatible server over llama.cpp. The computing is llama.cpp's, through node-llama-cpp; the server is ours, as small as
 * an agent needs, with the routes and members of llama.cpp's own server. Or that server itself, where its path is known.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { json as readJson } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { type LlamaLibrary, type LlamaSequence, loadLlama } from './llama-library.ts'

export type LlamaEngine = {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  readonly model: string
  readonly close: () => Promise<void>
}

type Asked = {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
  readonly max_tokens?: number
  readonly temperature?: number
  readonly seed?: number
  readonly logit_bias?: Readonly<Record<string, number>>
}

const endToken = 3
const contextTokens = 1024

/** One slot: who comes while it is taken waits for it. */
export async function startLlamaLibraryEngine(modelPath: string): Promise<LlamaEngine> {
  const library = await loadLlama(modelPath)
  const context = await library.model.createContext({
    contextSize: contextTokens,
    sequences: 1,
    threads: 1,
    flashAttention: false,
  })
  const sequence = context.getSequence()
  const counted = { predicted: 0 }
  let turn = Promise.resolve()
  const server = createServer((request, response) => {
    const route = `${request.method} ${request.url}`
    if (route === 'POST /v1/chat/completions') {
      const left = new AbortController()
      response.on('close', () => left.abort())
      const before = turn
      turn = readJson(request).then(async (asked) => {
        await before
        if (left.signal.aborted) return
        await answer({ library, sequence, counted, signal: left.signal }, asked as Asked, response)
        await sequence.clearHistory()
      })
    } else if (route === 'GET /v1/models') {
      const meta = { n_ctx: contextTokens }
      const model = { id: 'vouch-mini', object: 'model', owned_by: 'llamacpp', meta }
      sendJson(response, { object: 'list', data: [model] })
    } else if (route === 'GET /props') {
      const props = { model_path: modelPath, total_slots: 1, build_info: library.build }
      sendJson(response, { ...props, default_generation_settings: { n_ctx: contextTokens } })
    } else if (route === 'GET /metrics') {
      response.end(`llamacpp:tokens_predicted_total ${counted.predicted}\n`)
    } else if (route === 'GET /health') sendJson(response, { status: 'ok' })
    else {
      response.writeHead(404)
      response.end()
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    model: 'vouch-mini',
    close: async () => {
      server.close()
      server.closeAllConnections()
      await turn
      await library.close()
    },
  }
}

type Running = {
  readonly library: LlamaLibrary
  readonly sequence: LlamaSequence
  readonly counted: { predicted: number }
  readonly signal: AbortSignal
}

async function answer(running: Running, asked: Asked, response: ServerResponse): Promise<void> {
  const prompt = promptTokens(running.library, asked)
  if (prompt.length >= contextTokens) {
    const message = `request (${prompt.length} tokens) exceeds the available context size`
    return sendJson(response, { error: { message, type: 'exceed_context_size_error' } }, 400)
  }
  const written: Written = { tokens: [], finish: 'length' }
  if (asked.stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    send(response, chunk({ role: 'assistant', content: null }))
  }
  for await (const content of write(running, { asked, prompt, written })) {
    if (asked.stream) send(response, chunk({ content }))
  }
  if (running.signal.aborted) return
  const { tokens, finish } = written
  const usage = {
    prompt_tokens: prompt.length,
    completion_tokens: tokens.length,
    total_tokens: prompt.length + tokens.length,
  }
  if (!asked.stream) {
    const message = { role: 'assistant', content: running.library.model.detokenize(tokens) }
    const choices = [{ index: 0, message, finish_reason: finish }]
    return sendJson(response, { ...frame('chat.completion'), choices, usage })
  }
  send(response, chunk({}, finish))
  if (asked.stream_options?.include_usage) {
    send(response, { ...frame('chat.completion.chunk'), choices: [], usage })
  }
  response.end('data: [DONE]\n\n')
}

type Written = { readonly tokens: number[]; finish: 'stop' | 'length' }

/** Pieces of text as soon as each is whole: the rest of a character comes with the next token. */
async function* write(
  { library, sequence, counted, signal }: Running,
  {
    asked,
    prompt,
    written,
  }: { readonly asked: Asked; readonly prompt: readonly number[]; readonly written: Written },
): AsyncGenerator<string> {
  const { max_tokens: asMany = contextTokens, temperature = 0, seed = 0 } = asked
  const tokensMax = Math.min(asMany, contextTokens - prompt.length)
  const biases = Object.entries(asked.logit_bias ?? {})
  const tokenBias = library.biasOf(new Map(biases.map(([token, logit]) => [Number(token), logit])))
  let told = 0
  const options = { temperature, seed, tokenBias, yieldEogToken: true }
  for await (const token of sequence.evaluate(prompt, options)) {
    if (signal.aborted) return
    if (token === endToken) {
      written.finish = 'stop'
      return
    }
    written.tokens.push(token)
    counted.predicted += 1
    const text = library.model.detokenize(written.tokens)
    if (!text.endsWith('\ufffd')) {
      yield text.slice(told)
      told = text.length
    }
    if (written.tokens.length >= tokensMax) return
  }
}

const chunk = (delta: object, finish: string | null = null) => ({
  ...frame('chat.completion.chunk'),
  choices: [{ index: 0, delta, finish_reason: finish }],
})

/** Marks of the template are tokens; what somebody wrote is text, whatever it spells. */
const promptTokens = ({ model }: LlamaLibrary, { messages }: Asked): readonly number[] => [
  ...messages.flatMap(({ role, content }) => [
    ...model.tokenize(`<|${role}|>`, true),
    ...model.tokenize(content, false),
    ...model.tokenize('<|end|>', true),
  ]),
  ...model.tokenize('<|assistant|>', true),
]

const frame = (object: string) => ({
  id: 'chatcmpl-llama',
  object,
  created: 1,
  model: 'vouch-mini',
})

const send = (response: ServerResponse, event: object): void => {
  response.write(`data: ${JSON.stringify(event)}\n\n`)
}

function sendJson(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

/** llama.cpp's own server as a process, with one slot. */
export async function startLlamaServer(program: string, modelPath: string): Promise<LlamaEngine> {
  const port = await freePort()
  const place = ['--host', '127.0.0.1', '--port', String(port)]
  const sizes = ['--ctx-size', String(contextTokens), '--parallel', '1', '--threads', '1']
  const named = ['--alias', 'vouch-mini', '--metrics', '--no-webui']
  const child = spawn(program, ['--model', modelPath, ...place, ...sizes, ...named], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const origin = `http://127.0.0.1:${port}`
  while (!(await isReady(origin))) {
    if (child.exitCode !== null) throw new Error(`llama-server ended: ${said}`)
    await wait(20)
  }
  return {
    origin,
    model: 'vouch-mini',
    close: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

const isReady = (origin: string): Promise<boolean> =>
  fetch(`${origin}/health`).then(
    ({ ok }) => ok,
    () => false,
  )

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
