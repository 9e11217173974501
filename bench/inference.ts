/*
 * What proofs cost whoever asks for something else: latency of ordinary requests and delay of the gateway's event loop, with and
 * without a proof under way, in turns. A whole `vouch dev` with real provers.
 *
 *   node bench/inference.ts [--model volatility] [--rounds 4] [--seconds 8]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { LoopDelay } from './inference-probe.ts'
import { quantile } from './statistics.ts'

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'volatility' },
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '8' },
  },
})
const requestEveryMs = 20

type Gateway = {
  readonly process: ChildProcess
  readonly baseUrl: string
  readonly apiKey: string
}

async function startGateway(folder: string): Promise<Gateway> {
  const program = join(import.meta.dirname, '../src/main.ts')
  const probe = join(import.meta.dirname, 'inference-probe.ts')
  const child = spawn(
    process.execPath,
    ['--import', probe, program, 'dev', '--port', '0', '--quiet', '--data', folder],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  )
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  while (!text.includes('Ctrl-C stops.')) {
    if (child.exitCode !== null) throw new Error(text)
    await wait(100)
  }
  const found = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? ''
  return {
    process: child,
    baseUrl: found(/base URL +(\S+)/),
    apiKey: found(/API key +(\S+)/),
  }
}

const loopDelay = ({ process: child }: Gateway): Promise<LoopDelay> =>
  new Promise((told) => {
    child.once('message', (delay) => told(delay as LoopDelay))
    child.send('tell')
  })

const authorized = ({ apiKey }: Gateway) => ({ authorization: `Bearer ${apiKey}` })

/** Zeros, or the least that the model takes. */
async function inputOf(gateway: Gateway): Promise<number[]> {
  const answer = await fetch(`${gateway.baseUrl}/models/${options.model}`)
  const { vouch } = (await answer.json()) as {
    vouch: { inputs: { shape: number[]; minima: number[]; maxima: number[] }[] }
  }
  return vouch.inputs.flatMap(({ shape, minima, maxima }) =>
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => {
      const at = (bounds: number[]) => bounds[bounds.length === 1 ? 0 : index] ?? 0
      return Math.min(Math.max(0, at(minima)), at(maxima))
    }),
  )
}

async function ask(gateway: Gateway, body: object): Promise<{ status?: string }> {
  const answer = await fetch(`${gateway.baseUrl}/inference/${options.model}`, {
    method: 'POST',
    headers: authorized(gateway),
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as { status?: string }
}

/** One request each 20 ms, whether or not the last has been answered. */
async function measure(gateway: Gateway, input: readonly number[]): Promise<number[]> {
  const latencies: number[] = []
  const pending: Promise<void>[] = []
  const endsAtMs = performance.now() + Number(options.seconds) * 1_000
  while (performance.now() < endsAtMs) {
    const askedAtMs = performance.now()
    const asking = ask(gateway, { input }).then(() => {
      latencies.push(performance.now() - askedAtMs)
    })
    pending.push(asking)
    await wait(requestEveryMs)
  }
  await Promise.all(pending)
  return latencies
}

/** One proof after the other until it is told to stop; answers how many were made. */
function keepProving(gateway: Gateway, input: readonly number[]): () => Promise<number> {
  let isOver = false
  const proving = (async () => {
    let made = 0
    while (!isOver) {
      const { status } = await ask(gateway, { input, attestation: { mode: 'zk', wait: true } })
      if (status !== 'done') throw new Error(`a proof ended as ${status}`)
      made += 1
    }
    return made
  })()
  return () => {
    isOver = true
    return proving
  }
}

type Round = { readonly latencies: number[]; readonly delay: LoopDelay; readonly proofs: number }

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-bench-'))
  const gateway = await startGateway(folder)
  try {
    const input = await inputOf(gateway)
    await ask(gateway, { input, attestation: { mode: 'zk', wait: true } })
    const rounds: { readonly [kind in 'without' | 'with']: Round[] } = { without: [], with: [] }
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const kind of ['without', 'with'] as const) {
        const stop = kind === 'with' ? keepProving(gateway, input) : async () => 0
        await loopDelay(gateway)
        const latencies = await measure(gateway, input)
        const delay = await loopDelay(gateway)
        rounds[kind].push({ latencies, delay, proofs: await stop() })
      }
    }
    for (const [kind, all] of Object.entries(rounds)) tell(kind, all)
  } finally {
    gateway.process.kill('SIGINT')
    await new Promise((ended) => gateway.process.once('exit', ended))
    rmSync(folder, { recursive: true, force: true })
  }
}

function tell(kind: string, rounds: readonly Round[]): void {
  const latencies = rounds.flatMap((round) => round.latencies)
  const ms = (value: number): string => value.toFixed(1)
  const proofs = rounds.reduce((sum, round) => sum + round.proofs, 0)
  const cpuMs = rounds.reduce((sum, { delay }) => sum + delay.cpuMs, 0)
  const cpu = ms(cpuMs / (rounds.length * Number(options.seconds)))
  const delays = rounds.map(({ delay }) => `${ms(delay.p99Ms)}/${ms(delay.maxMs)}`)
  process.stdout.write(
    `${kind} a proof: ${latencies.length} requests, p50 ${ms(quantile(latencies, 0.5))} ms, p99 ${ms(quantile(latencies, 0.99))} ms; event loop p99/max by round ${delays.join(', ')} ms; ${cpu} ms of the gateway's CPU a second; ${proofs} proofs\n`,
  )
}

await main()
