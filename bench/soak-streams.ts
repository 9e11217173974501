/*
 * Many streams at once, each with words of its own: all of them are whole, in order, and hash to their receipts. Half-way
 * through, with every stream open and nothing on its way, the gateway is asked what it holds.
 */
import { hash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { type SoakGateway, startSoakGateway } from './soak-gateway.ts'
import type { Holdings } from './soak-probe.ts'

export type StreamsAtOnce = {
  readonly streams: number
  readonly before: Holdings
  /** With every stream half sent. */
  readonly open: Holdings
  readonly after: Holdings
  readonly holdsLeft: number
  /** What is wrong, a line each. */
  readonly faults: readonly string[]
}

const chunksPerStream = 40
const wordAt = (stream: number, at: number): string => `s${stream}w${at} `
const textOf = (stream: number): string =>
  Array.from({ length: chunksPerStream }, (_, at) => wordAt(stream, at)).join('')

/** `warm`: once before, for code and tables that a first such crowd makes; without it an open stream seems to take more. */
export async function soakStreams(
  streams: number,
  { warm }: { readonly warm: boolean },
): Promise<StreamsAtOnce> {
  const engine = await startWordEngine(streams)
  const gateway = await startSoakGateway(engine.host)
  try {
    const first = await readAtOnce(gateway, engine, streams)
    if (!warm) return { streams, ...first }
    const measured = await readAtOnce(gateway, engine, streams)
    return { streams, ...measured, faults: [...first.faults, ...measured.faults] }
  } finally {
    await gateway.stop()
    await engine.close()
  }
}

async function readAtOnce(gateway: SoakGateway, engine: WordEngine, streams: number) {
  const { holdings: before } = await gateway.settled()
  const dispatcher = new Agent()
  const asked = Array.from({ length: streams }, (_, index) =>
    readStream(gateway, index, dispatcher),
  )
  await engine.halfWay()
  const open = await gateway.holdings()
  engine.goOn()
  const answers = await Promise.all(asked)
  await dispatcher.close()
  const { holdings: after, books } = await gateway.settled()
  const hashes = gateway.responseHashes()
  const faults = answers.flatMap((answer, index) => faultsOf(answer, index, hashes))
  return { before, open, after, holdsLeft: books.holds, faults }
}

type Answer = { readonly status: number; readonly asked: string; readonly text: string }

async function readStream(
  { target, apiKey }: SoakGateway,
  index: number,
  dispatcher: Agent,
): Promise<Answer> {
  const asked = JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: `stream ${index}` }],
    max_tokens: 400,
    stream: true,
    stream_options: { include_usage: true },
    user: String(index),
  })
  const { statusCode, body } = await request(
    `http://${target.host}:${target.port}/v1/chat/completions`,
    { method: 'POST', headers: { authorization: `Bearer ${apiKey}` }, body: asked, dispatcher },
  )
  return { status: statusCode, asked, text: await body.text() }
}

type Chunk = { readonly choices: readonly { readonly delta: { readonly content?: string } }[] }

function faultsOf(
  { status, asked, text }: Answer,
  index: number,
  hashes: ReadonlyMap<string, string>,
): string[] {
  const faults: string[] = []
  const fault = (what: string) => faults.push(`stream ${index}: ${what}`)
  if (status !== 200) return [`stream ${index}: status ${status}: ${text}`]
  const events = text.split('\n\n').slice(0, -1)
  if (events.at(-1) !== 'data: [DONE]') fault('does not end with [DONE]')
  const said = events
    .slice(0, -1)
    .flatMap((event) => (JSON.parse(event.slice('data: '.length)) as Chunk).choices)
    .map(({ delta }) => delta.content ?? '')
    .join('')
  if (said !== textOf(index)) fault(`says ${JSON.stringify(said)}`)
  if (hashes.get(sha256(asked)) !== sha256(text)) fault('does not hash to its receipt')
  return faults
}

const sha256 = (text: string): string => `0x${hash('sha256', text, 'hex')}`

type WordEngine = {
  readonly host: string
  /** Resolves when all streams are open and half sent; they wait there until `goOn`. */
  readonly halfWay: () => Promise<void>
  readonly goOn: () => void
  readonly close: () => Promise<void>
}

/** Answers so many streams at once, a word of each in turn, again and again. */
async function startWordEngine(streams: number): Promise<WordEngine> {
  let halfWay = Promise.withResolvers<void>()
  let goesOn = Promise.withResolvers<void>()
  let open: OpenStream[] = []
  const run = async () => {
    await writeWords(open, 0, chunksPerStream / 2)
    halfWay.resolve()
    await goesOn.promise
    const ending = open
    halfWay = Promise.withResolvers()
    goesOn = Promise.withResolvers()
    open = []
    await writeWords(ending, chunksPerStream / 2, chunksPerStream)
    for (const { response } of ending) response.end(closing)
  }
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const piece of incoming.setEncoding('utf8')) body += piece
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    open.push({ index: Number((JSON.parse(body) as { user: string }).user), response })
    if (open.length === streams) await run()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', 1024, listening))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    halfWay: () => halfWay.promise,
    goOn: () => goesOn.resolve(),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

type OpenStream = { readonly index: number; readonly response: ServerResponse }

async function writeWords(open: readonly OpenStream[], from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 1) {
    await Promise.all(open.map(({ index, response }) => write(response, wordAt(index, at))))
  }
}

const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const eventOf = (fields: object): string => `data: ${JSON.stringify({ ...chunk, ...fields })}\n\n`
const choiceEvent = (delta: object, finish_reason: string | null): string =>
  eventOf({ choices: [{ index: 0, delta, finish_reason }] })

const usage = { prompt_tokens: 5, completion_tokens: 120, total_tokens: 125 }
const closing = `${choiceEvent({}, 'stop')}${eventOf({ choices: [], usage })}data: [DONE]\n\n`

const write = (response: ServerResponse, content: string): Promise<void> =>
  new Promise((written) => {
    response.write(choiceEvent({ content }, null), () => setImmediate(written))
  })
