/*
 * `node bench/engine.ts`: tokens per second of the built-in engine, asked directly, through an agent and through a gateway, for one
 * answer and for several at once; what passes over the model that answers share are worth; and how soon a long prompt is
 * answered that begins like one that was read. README.md has figures.
 *
 * The engine is a process of its own, the load another; agent and gateway share a third. All cells of a round are measured
 * before the next round begins, so that whatever else the machine does falls on all of them.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { randomHex } from '../src/base/random-ids.ts'
import { jobHeaders, openAgentPlace } from '../test/support/agent-place.ts'
import { cpuMicrosOf } from './process-accounting.ts'
import { median } from './statistics.ts'

const help = `Usage: node bench/engine.ts [--rounds N] [--tokens N]

  --rounds N   rounds after one that warms up and is not counted (default: 3)
  --tokens N   tokens of each answer (default: 128)
`
const atOnce = [1, 4, 16]
const model = 'vouch-mini'
/** The end of an answer is banned, so that each has as many tokens as it may. */
const endToken = 3
/** About 600 tokens, of which no two beginnings are the same. */
const longPrompt = (): string =>
  `${randomHex(8)} ${'A gateway meters what a contributor answers and keeps its receipt. '.repeat(40)}`

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Whom to ask, and by which name the model goes there. */
type Target = {
  readonly origin: string
  readonly model: string
  readonly headers: () => Readonly<Record<string, string>>
}

type Cell = { readonly tokensPerSecond: number; readonly firstMs: number; readonly cpuUs: number }

type Engine = { readonly url: string; readonly pid: number; readonly stop: () => Promise<void> }

async function startEngine(...options: readonly string[]): Promise<Engine> {
  const program = join(import.meta.dirname, '../src/main.ts')
  const child = spawn(process.execPath, [program, 'engine', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { url } = JSON.parse(line) as { readonly url: string }
  return { url, pid: child.pid ?? 0, stop: () => ended(child) }
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.stdin?.end()
  if (child.connected) child.disconnect()
  await exited
}

type Told = {
  readonly gateway: string
  readonly apiKey: string
  readonly agent: string
  readonly jobHeaders: Readonly<Record<string, string>>
}

/** The process of agent and gateway: tells where they are, and ends with the one that started it. */
async function runPlace(baseUrl: string): Promise<void> {
  const place = await openAgentPlace({
    baseUrl,
    model,
    agent: { slots: 16, waitingMax: 64 },
  })
  const { origin, apiKey } = place.gateway
  process.send?.({
    gateway: origin,
    apiKey,
    agent: place.origin,
    jobHeaders: jobHeaders(place, `0x${'00'.repeat(32)}`),
  })
  process.once('disconnect', () => void place.close())
}

async function answer(target: Target, asked: object): Promise<{ readonly firstMs: number }> {
  const begunAtMs = performance.now()
  const response = await fetch(`${target.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...target.headers() },
    body: JSON.stringify({
      model: target.model,
      stream: true,
      temperature: 1,
      logit_bias: { [endToken]: -100 },
      ...asked,
    }),
  })
  let firstMs = Number.NaN
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (Number.isNaN(firstMs) && text.includes('"content":"')) {
      firstMs = performance.now() - begunAtMs
    }
  }
  if (response.status !== 200 || !text.includes('"finish_reason":"length"')) {
    throw new Error(`a wrong answer (${response.status}): ${text.slice(0, 300)}`)
  }
  return { firstMs }
}

/** `count` answers at once, of `tokens` tokens each. */
async function measure(
  target: Target,
  enginePid: number,
  asked: { readonly count: number; readonly tokens: number },
): Promise<Cell> {
  const { count, tokens } = asked
  const cpuBefore = cpuMicrosOf([enginePid])
  const begunAtMs = performance.now()
  const answers = await Promise.all(
    Array.from({ length: count }, (_, seed) =>
      answer(target, {
        seed,
        max_tokens: tokens,
        messages: [{ role: 'user', content: 'Tell me a story.' }],
      }),
    ),
  )
  const seconds = (performance.now() - begunAtMs) / 1000
  return {
    tokensPerSecond: (count * tokens) / seconds,
    firstMs: median(answers.map(({ firstMs }) => firstMs)),
    cpuUs: (cpuMicrosOf([enginePid]) - cpuBefore) / (count * tokens),
  }
}

/** Milliseconds until the first token of a long prompt: one that nobody read, and one with another end. */
async function measurePrefix(target: Target): Promise<{ fresh: number; read: number }> {
  const beginning = longPrompt()
  const ask = (end: string) =>
    answer(target, { max_tokens: 1, messages: [{ role: 'user', content: `${beginning}${end}` }] })
  const { firstMs: fresh } = await ask('Why?')
  const { firstMs: read } = await ask('How?')
  return { fresh, read }
}

async function compare({ rounds, tokens }: { rounds: number; tokens: number }): Promise<void> {
  const engine = await startEngine('--parallel', '16')
  const alone = await startEngine('--parallel', '16', '--batch', '1')
  const place = fork(new URL(import.meta.url), ['place', `${engine.url}/v1`])
  const [told] = (await once(place, 'message')) as [Told]
  const direct = (url: string): Target => ({ origin: url, model, headers: () => ({}) })
  const ways: readonly [string, Target, number][] = [
    ['engine, a pass for each answer', direct(alone.url), alone.pid],
    ['engine', direct(engine.url), engine.pid],
    [
      'through the agent',
      {
        origin: told.agent,
        model,
        headers: () => ({ ...told.jobHeaders, 'x-vouch-job': `0x${randomHex(32)}` }),
      },
      engine.pid,
    ],
    [
      'through agent and gateway',
      {
        origin: told.gateway,
        model: 'm',
        headers: () => ({ authorization: `Bearer ${told.apiKey}` }),
      },
      engine.pid,
    ],
  ]
  const cells = new Map<string, Cell[]>()
  const prefixes: { readonly fresh: number; readonly read: number }[] = []
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, target, pid] of ways) {
      for (const count of atOnce) {
        const cell = await measure(target, pid, { count, tokens })
        // The first round warms up.
        if (round > 0) put(cells, `${name} ${count}`, cell)
      }
    }
    const prefix = await measurePrefix(direct(engine.url))
    if (round > 0) prefixes.push(prefix)
  }
  report(
    ways.map(([name]) => name),
    cells,
  )
  const middle = (of: 'fresh' | 'read'): string =>
    median(prefixes.map((prefix) => prefix[of])).toFixed(0)
  say(`first token of a long prompt: fresh ${middle('fresh')} ms, read ${middle('read')} ms`)
  await Promise.all([engine.stop(), alone.stop(), ended(place)])
}

function put<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  map.set(key, [...(map.get(key) ?? []), value])
}

/** The table of README.md. */
function report(names: readonly string[], cells: ReadonlyMap<string, readonly Cell[]>): void {
  say(`| tokens per second (CPU ms of the engine a token) | ${atOnce.join(' | ')} |`)
  say(`|---|${atOnce.map(() => '---|').join('')}`)
  for (const name of names) {
    const columns = atOnce.map((count) => {
      const measured = cells.get(`${name} ${count}`) ?? []
      const middle = (of: keyof Cell): number => median(measured.map((cell) => cell[of]))
      return `${middle('tokensPerSecond').toFixed(0)} (${(middle('cpuUs') / 1000).toFixed(2)})`
    })
    say(`| ${name} | ${columns.join(' | ')} |`)
  }
}

const [role, baseUrl] = process.argv.slice(2)
if (role === 'place' && baseUrl !== undefined) await runPlace(baseUrl)
else {
  const text = { type: 'string' } as const
  const options = { rounds: text, tokens: text, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ options })
  if (values.help) say(help)
  else await compare({ rounds: Number(values.rounds ?? 3), tokens: Number(values.tokens ?? 128) })
}
