/*
 * The other processes of the tunnel's benchmarks: an engine, and agents that dial in before it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contributorDomain } from '../src/chain/payout-typed-data.ts'
import { type PrivateKey, parsePrivateKey } from '../src/chain/private-key.ts'
import { receiptDomain } from '../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
import { openAgent } from '../src/contributor/agent.ts'
import type { Answerer } from '../src/contributor/agent-request.ts'
import { answerGreeting } from '../src/contributor/answer-greeting.ts'
import { dialGateway } from '../src/contributor/dial-gateway.ts'
import { forwardTo } from '../src/contributor/forward-request.ts'
import { openJobBook } from '../src/contributor/job-book.ts'
import { TunnelExchanges } from '../src/contributor/tunnel-exchanges.ts'
import { type Address, atomic, type Bytes32, zeroBytes32 } from '../src/domain/units.ts'
import { startUpstream } from './upstream.ts'

export const streams = 200
export const gateway: Address = addressOfPrivateKey(
  parsePrivateKey(`0x${'0b'.repeat(32)}`) as PrivateKey,
)
const place = { chainId: 31_337, verifyingContract: gateway }
export const domain: ReturnType<typeof contributorDomain> = contributorDomain(place)
export const modelId: Bytes32 = zeroBytes32

/** What an agent is told: where the gateway and its engine are, and whether it signs. */
export type AgentOrder = {
  readonly host: string
  readonly port: number
  /** Of the gateway's key. */
  readonly gatewayKey: Address
  readonly key: PrivateKey
  readonly signs: boolean
}

/** Where an engine is, and when its clock began. */
export type EnginePlace = { readonly host: string; readonly timeOriginMs: number }

/** The engine, in a process of its own. */
async function runEngine(): Promise<void> {
  const { host } = await startUpstream()
  process.send?.({ host, timeOriginMs: performance.timeOrigin })
}

/** A contributor's agent, told where the gateway and its engine are. */
function runAgent(): void {
  process.once('message', async ({ host, port, gatewayKey, key, signs }: AgentOrder) => {
    const origin = `http://${host}`
    const answerer = signs ? await signing(origin, key) : forwardTo({ origin, headers: {} })
    const exchanges = new TunnelExchanges(answerer, 60_000)
    const contributor = addressOfPrivateKey(key)
    const keys = { domain, gateway, gatewayKeys: [gatewayKey], contributor, signingKey: key }
    dialGateway({
      url: new URL(`http://127.0.0.1:${port}/`),
      contributor,
      onSession: (session, nonce) => {
        exchanges.serve(session, (text) => answerGreeting(keys, nonce, text))
      },
      onLost: () => {},
      silenceMs: 60_000,
      random: Math.random,
    })
  })
}

async function signing(origin: string, privateKey: PrivateKey): Promise<Answerer> {
  const jobs = await openJobBook(join(mkdtempSync(join(tmpdir(), 'vouch-bench-')), 'jobs'))
  if (!jobs.ok) throw new Error(jobs.error)
  return openAgent({
    engine: { baseUrl: `${origin}/v1` },
    models: [{ id: 'm', modelId, asks: { floor: free, points: [] } }],
    signer: {
      contributor: addressOfPrivateKey(privateKey),
      privateKey,
      domain: receiptDomain(place),
    },
    gateway,
    jobs: jobs.value,
    slots: streams,
    waitingMax: 0,
    onJobEnd: (ended) => {
      if (ended.outcome !== 'complete') throw new Error(`a job was ${ended.outcome}`)
    },
    nowMs: Date.now,
  })
}

const free = {
  promptAtomicPerMtok: atomic(0n),
  cachedPromptAtomicPerMtok: atomic(0n),
  completionAtomicPerMtok: atomic(0n),
}

/** An engine that is ready. */
export async function startEngine(): Promise<EnginePlace & { readonly child: ChildProcess }> {
  const child = started('engine')
  const engine = await new Promise<EnginePlace>((resolve) =>
    child.once('message', (told) => resolve(told as EnginePlace)),
  )
  return { ...engine, child }
}

/** An agent that dials in by itself. */
export function startAgent(order: AgentOrder): ChildProcess {
  const child = started('agent')
  child.send(order)
  return child
}

const started = (role: string): ChildProcess => fork(new URL(import.meta.url), [role])

if (import.meta.main) {
  if (process.argv[2] === 'engine') await runEngine()
  else runAgent()
}
