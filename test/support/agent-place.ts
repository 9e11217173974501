/*
 * A gateway, the agent that answers its jobs, and the engine behind that: where suites begin that are about what an agent
 * does. The agent keeps its jobs in a file of its own, and can be started again over it.
 */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeWork } from '../../src/attestation/check-work.ts'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { type Agent, openAgent } from '../../src/contributor/agent.ts'
import type { Answerer } from '../../src/contributor/agent-request.ts'
import { startAgentServer } from '../../src/contributor/agent-server.ts'
import type { AgentJobEnd, AgentModel, AgentTerms } from '../../src/contributor/agent-terms.ts'
import { answerGreeting } from '../../src/contributor/answer-greeting.ts'
import { dialGateway } from '../../src/contributor/dial-gateway.ts'
import { type JobBook, openJobBook } from '../../src/contributor/job-book.ts'
import { TunnelExchanges } from '../../src/contributor/tunnel-exchanges.ts'
import type { Offer } from '../../src/domain/contributor.ts'
import type { Endpoint } from '../../src/domain/endpoint.ts'
import type { Work } from '../../src/domain/receipt.ts'
import { type Address, atomic } from '../../src/domain/units.ts'
import { followBooks, type NewEntries } from './books.ts'
import { type CutLine, startCutLine } from './cut-line.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testContributorRegistry,
  testDomain,
  testModelId,
} from './gateway-on-ledger.ts'

const agentSecret = 'a secret that both know'

export type AgentPlace = {
  readonly gateway: TestGateway
  /** The newest, where it was started again. */
  readonly agent: () => Agent
  /** Where it listens. */
  readonly origin: string
  /** Between it and the gateway, where it dials in; undefined where it is dialled. */
  readonly line: CutLine | undefined
  /** Resolves when it was taken by the gateway once more. */
  readonly nextArrival: () => Promise<void>
  readonly operator: Address
  /** Jobs that ended since it was asked last. */
  readonly newEnds: () => AgentJobEnd[]
  readonly newEntries: () => Promise<NewEntries>
  /** As a process that died and was started again would have it: what is in memory is gone. */
  readonly restart: () => Promise<void>
  /** From now on somebody else writes to its book of jobs. */
  readonly spoilJobs: () => void
  readonly close: () => Promise<void>
}

export async function openAgentPlace(terms: {
  /** Of the engine. */
  readonly baseUrl: string
  /** As the engine knows it; the gateway's clients ask for `m`. */
  readonly model?: string
  readonly endpoints?: readonly Endpoint[]
  readonly agentModel?: Partial<AgentModel>
  readonly agent?: Partial<AgentTerms>
  /** What the gateway has of it beyond that. */
  readonly offer?: Partial<Offer>
  readonly gateway?: Omit<Parameters<typeof startGatewayOnLedger>[0], 'upstreams'>
  readonly dialsIn?: boolean
}): Promise<AgentPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-agent-'))
  const { model = 'm', endpoints } = terms
  const key = randomPrivateKey()
  const operator = addressOfPrivateKey(key)
  const ends: AgentJobEnd[] = []
  let running: { readonly agent: Agent; readonly jobs: JobBook }
  const door: Answerer = { answer: (request, reply) => running.agent.answer(request, reply) }
  const listening = { host: '127.0.0.1', port: 0, secret: agentSecret }
  const server = await startAgentServer(door, listening)
  const gateway = await startGatewayOnLedger({
    ...terms.gateway,
    upstreams: [
      {
        id: 'agent',
        ...(terms.dialsIn === true
          ? { baseUrl: `tunnel://${operator}/v1` }
          : { baseUrl: `${server.url}/v1`, apiKey: agentSecret }),
        identity: { operator, signingAddresses: [operator] },
        offer: {
          modelName: 'm',
          upstreamModelName: model,
          ...(endpoints && { endpoints }),
          ...terms.offer,
        },
      },
    ],
  })
  const open = async (): Promise<typeof running> => {
    const jobs = await openJobBook(join(folder, 'jobs'))
    if (!jobs.ok) throw new Error(jobs.error)
    const agent = openAgent({
      engine: { baseUrl: terms.baseUrl },
      models: [
        {
          id: model,
          modelId: testModelId,
          endpoints,
          contextTokensMax: 8192,
          asks: { floor: freePrices, points: [] },
          ...terms.agentModel,
        },
      ],
      signer: { contributor: operator, privateKey: key, domain: testDomain },
      gateway: gateway.operator,
      jobs: jobs.value,
      slots: 256,
      waitingMax: 16,
      onJobEnd: (ended) => ends.push(ended),
      nowMs: Date.now,
      ...terms.agent,
    })
    return { agent, jobs: jobs.value }
  }
  running = await open()
  const tunnel = terms.dialsIn === true ? await dialIn(door, gateway, key) : undefined
  return {
    gateway,
    agent: () => running.agent,
    origin: server.url,
    line: tunnel?.line,
    nextArrival: async () => tunnel?.nextArrival(),
    operator,
    newEnds: () => ends.splice(0),
    newEntries: followBooks(gateway),
    restart: async () => {
      const before = running
      await before.agent.close()
      await before.jobs.close()
      running = await open()
    },
    spoilJobs: () => appendFileSync(join(folder, 'jobs'), Buffer.alloc(16)),
    close: async () => {
      await tunnel?.hangUp()
      await gateway.stop()
      await running.agent.close()
      await server.stop()
      await running.jobs.close()
      rmSync(folder, { recursive: true })
    },
  }
}

type DialledIn = Pick<AgentPlace, 'nextArrival'> & {
  readonly line: CutLine
  readonly hangUp: () => Promise<void>
}

/** As a contributor behind a router does. Resolves when the gateway took it. */
async function dialIn(
  answerer: Answerer,
  { origin, operator: chosen }: TestGateway,
  signingKey: PrivateKey,
): Promise<DialledIn> {
  const line = await startCutLine(Number(new URL(origin).port))
  const contributor = addressOfPrivateKey(signingKey)
  const verifyingContract = testContributorRegistry
  const domain = contributorDomain({ chainId: 31_337, verifyingContract })
  const keys = { domain, gateway: chosen, gatewayKeys: [chosen], contributor, signingKey }
  const exchanges = new TunnelExchanges(answerer, 20_000)
  const arrivals: (() => void)[] = []
  const nextArrival = (): Promise<void> => new Promise((resolve) => arrivals.push(resolve))
  const arrived = nextArrival()
  const dialling = dialGateway({
    url: new URL(`http://127.0.0.1:${line.port}/v1/contributors/tunnel`),
    contributor,
    onSession: (session, nonce) => {
      exchanges.serve(session, (text) => {
        const answer = answerGreeting(keys, nonce, text)
        if (answer.ok) dialling.accepted()
        // The gateway uses it once it has read this answer.
        setImmediate(() => {
          for (const resolve of arrivals.splice(0)) resolve()
        })
        return answer
      })
    },
    onLost: () => {},
    silenceMs: 60_000,
    random: () => 0,
  })
  await arrived
  return {
    line,
    nextArrival,
    hangUp: async () => {
      dialling.stop()
      exchanges.close()
      await line.close()
    },
  }
}

const freePrices = {
  promptAtomicPerMtok: atomic(0n),
  cachedPromptAtomicPerMtok: atomic(0n),
  completionAtomicPerMtok: atomic(0n),
}

export type TestedJob = {
  readonly status: number
  readonly headers: Headers
  /** Of the refusal; undefined where it was answered. */
  readonly code: string | undefined
  /** Undefined where nothing was signed; of a stream the comment behind its end. */
  readonly work: Work | undefined
  readonly text: string
}

export const jobHeaders = (
  { gateway }: Pick<AgentPlace, 'gateway'>,
  jobId: string,
): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  authorization: `Bearer ${agentSecret}`,
  'x-vouch-job': jobId,
  'x-vouch-gateway': gateway.operator,
  'x-vouch-model': testModelId,
})

/** One job straight to the agent, as the gateway of this place could send it. A header that is undefined is left out. */
export async function testJob(
  place: Pick<AgentPlace, 'origin' | 'gateway'>,
  jobId: string,
  terms: {
    readonly path?: string
    readonly fields?: Readonly<Record<string, unknown>>
    readonly body?: string
    readonly headers?: Readonly<Record<string, string | undefined>>
    readonly signal?: AbortSignal
  } = {},
): Promise<TestedJob> {
  const { path = '/v1/chat/completions', fields } = terms
  const headers = Object.entries({ ...jobHeaders(place, jobId), ...terms.headers }).filter(
    (header): header is [string, string] => header[1] !== undefined,
  )
  const messages = [{ role: 'user', content: 'Say hello.' }]
  const body = terms.body ?? JSON.stringify({ model: 'm', messages, ...fields })
  const { signal = null } = terms
  const asked = { method: 'POST', headers, body, signal }
  const response = await fetch(`${place.origin}${path}`, asked)
  const text = await response.text()
  const encoded =
    response.headers.get('x-vouch-work') ?? /^: vouch-work (.+)$/m.exec(text)?.[1] ?? ''
  return {
    status: response.status,
    headers: response.headers,
    code: response.ok ? undefined : JSON.parse(text).error.code,
    work: decodeWork(encoded)?.work,
    text,
  }
}
