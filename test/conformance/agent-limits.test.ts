/*
 * How much an agent takes: as many jobs as its engine has room for, at no less than it asked, on no more credit than it
 * gives, and none while it leaves. What it says of all that, over a tunnel as over a connection of its own.
 */
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decodeWork } from '../../src/attestation/check-work.ts'
import { randomHex } from '../../src/base/random-ids.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { startAgentServer } from '../../src/contributor/agent-server.ts'
import { type Credit, openCredit } from '../../src/contributor/credit.ts'
import { readCapacityReport } from '../../src/domain/capacity-report.ts'
import { address, atomic } from '../../src/domain/units.ts'
import { type AgentPlace, jobHeaders, openAgentPlace, testJob } from '../support/agent-place.ts'
import { ask } from '../support/ask.ts'
import { answerJson, embeddingList } from '../support/endpoint-answers.ts'
import { startFixtureEngine } from '../support/fixture-engine.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  roleEvent,
  type Script,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  stopEvent,
  streamBytes,
  wordEvent,
} from '../support/scripted-upstream.ts'

const engine = await startScriptedUpstream()
afterAll(() => engine.close())

let place: AgentPlace
let nowMs: number
let folder: string
let credit: Credit | undefined

const prices = (perMtok: bigint) => ({
  promptAtomicPerMtok: atomic(perMtok),
  cachedPromptAtomicPerMtok: atomic(perMtok),
  completionAtomicPerMtok: atomic(perMtok),
})

beforeEach(() => {
  nowMs = 1_000_000
  folder = mkdtempSync(join(tmpdir(), 'vouch-credit-'))
  credit = undefined
})
afterEach(async () => {
  engine.become(answerWell())
  await place.close()
  await credit?.close()
  rmSync(folder, { recursive: true })
})

const job = (terms: Parameters<typeof testJob>[2] = {}) =>
  testJob(place, `0x${randomHex(32)}`, terms)

const get = async (path: string, secret = 'a secret that both know') => {
  const headers = { authorization: `Bearer ${secret}` }
  const response = await fetch(`${place.origin}${path}`, { headers })
  return { status: response.status, text: await response.text() }
}
const report = async () => readCapacityReport((await get('/v1/vouch/capacity')).text)

/** Answers nobody until it is told to. */
function holding(): {
  readonly script: Script
  readonly release: () => void
  readonly fail: () => void
} {
  const held: ((script: Script) => void)[] = []
  const answerAll = (script: Script): void => {
    for (const answer of held.splice(0)) answer(script)
  }
  return {
    script: (request, response: ServerResponse) => {
      held.push((script) => void script(request, response))
    },
    release: () => answerAll(answerWell()),
    fail: () => answerAll(answerStatus(500, '')),
  }
}

test('what the engine has no room for waits in line, and the next is told to go elsewhere', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agent: { slots: 2, waitingMax: 1 } })
  const hold = holding()
  engine.become(hold.script)
  const running = [job(), job()]
  await engine.nextRequest()
  await engine.nextRequest()
  const waiting = job()
  await vi.waitFor(async () => expect(await report()).toMatchObject({ running: 2, waiting: 1 }))
  const refused = await job()
  expect(refused).toMatchObject({ status: 429, code: 'engine_busy' })
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(engine.requests).toHaveLength(2)
  hold.release()
  await engine.nextRequest()
  hold.release()
  const answers = await Promise.all([...running, waiting])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(place.agent().load()).toEqual({ running: 0, waiting: 0, slots: 2 })
})

test('fifty at the same moment are no more than it has room for', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agent: { slots: 2, waitingMax: 1 } })
  const hold = holding()
  engine.become(hold.script)
  const asked = Array.from({ length: 50 }, () => job())
  const statuses: number[] = []
  for (const one of asked) void one.then(({ status }) => statuses.push(status))
  await vi.waitFor(() => expect(statuses).toHaveLength(47))
  expect(new Set(statuses)).toEqual(new Set([429]))
  await engine.nextRequest()
  await engine.nextRequest()
  hold.release()
  await engine.nextRequest()
  hold.release()
  await Promise.all(asked)
  expect(statuses.filter((status) => status === 200)).toHaveLength(3)
})

test('who leaves the line makes room in it, and its job was not begun', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agent: { slots: 1, waitingMax: 1 } })
  const hold = holding()
  engine.become(hold.script)
  const running = job()
  await engine.nextRequest()
  const leaving = new AbortController()
  const jobId = `0x${randomHex(32)}`
  const left = testJob(place, jobId, { signal: leaving.signal }).catch((error: Error) => error)
  await vi.waitFor(() => expect(place.agent().load()).toMatchObject({ waiting: 1 }))
  leaving.abort()
  expect(await left).toMatchObject({ name: 'AbortError' })
  await vi.waitFor(() => expect(place.agent().load()).toMatchObject({ running: 1, waiting: 0 }))
  const again = testJob(place, jobId)
  hold.release()
  await engine.nextRequest()
  hold.release()
  expect(await running).toMatchObject({ status: 200 })
  expect(await again).toMatchObject({ status: 200, work: { jobId } })
})

test('an agent that leaves finishes what it took and takes nothing new', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl })
  const hold = holding()
  engine.become(hold.script)
  const running = job()
  await engine.nextRequest()
  let isDrained = false
  const drained = place
    .agent()
    .drain()
    .then(() => {
      isDrained = true
    })
  expect(await job()).toMatchObject({ status: 503, code: 'shutting_down' })
  expect(await report()).toMatchObject({ draining: true, running: 1 })
  expect(JSON.parse((await get('/health')).text)).toMatchObject({ status: 'draining' })
  expect(isDrained).toBe(false)
  hold.release()
  expect(await running).toMatchObject({ status: 200 })
  await drained
})

test('a price that moves is good for a minute, and no job below it is done', async () => {
  place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    agentModel: {
      asks: {
        floor: prices(100n),
        points: [
          { load: 0, multiplier: 1 },
          { load: 1, multiplier: 3 },
        ],
      },
    },
    agent: { slots: 2, nowMs: () => nowMs },
  })
  const asked = async () => (await report())?.models[0]?.prices.completionAtomicPerMtok
  const paying = (price: string) => job({ headers: { 'x-vouch-price': price } })
  expect(await asked()).toBe(100n)
  const hold = holding()
  engine.become(hold.script)
  const running = paying('100,100,100')
  await engine.nextRequest()
  expect(await asked()).toBe(200n)
  // The gateway may not have heard of it.
  const second = paying('100,100,100')
  await engine.nextRequest()
  hold.release()
  expect(await running).toMatchObject({ status: 200 })
  expect(await second).toMatchObject({ status: 200 })
  engine.become(answerWell())
  expect(await paying('100,100,99')).toMatchObject({ status: 409, code: 'price_too_low' })
  expect(await paying('much')).toMatchObject({ status: 400, code: 'invalid_job_header' })

  engine.become(hold.script)
  const third = paying('100,100,100')
  await engine.nextRequest()
  nowMs += 60_001
  expect(await paying('100,100,100')).toMatchObject({ status: 409, code: 'price_too_low' })
  hold.release()
  expect(await third).toMatchObject({ status: 200 })
})

test('an embedding pays for its prompt alone', async () => {
  const asks = { floor: prices(100n), points: [{ load: 0, multiplier: 2 }] }
  const agentModel = { asks, endpoints: ['embeddings'] as const }
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agentModel })
  engine.become(answerJson(embeddingList([[1]])))
  const paying = (price: string) =>
    job({
      path: '/v1/embeddings',
      body: JSON.stringify({ model: 'm', input: 'A receipt.' }),
      headers: { 'x-vouch-price': price },
    })
  expect(await paying('100,100,0')).toMatchObject({ status: 200 })
  expect(await paying('99,100,0')).toMatchObject({ status: 409, code: 'price_too_low' })
  expect(await paying('100,99,0')).toMatchObject({ status: 409, code: 'price_too_low' })
})

/** Of ten atomic units, from a gateway that pays nothing. */
async function shortCredit(): Promise<Credit> {
  const agreement = {
    gateway: address(`0x${'6a'.repeat(20)}`),
    chainId: 1,
    settlement: address(`0x${'5e'.repeat(20)}`),
    token: address(`0x${'a5'.repeat(20)}`),
    receiver: address(`0x${'c0'.repeat(20)}`),
    withdrawDelayMinS: 900,
    prices: prices(1_000_000n),
    feeBps: 0,
  }
  const opened = await openCredit({
    agreement,
    // Nobody sends a voucher here, so that nobody asks the chain.
    rpc: jsonRpc('http://127.0.0.1:1'),
    limitAmount: atomic(10n),
    file: join(folder, 'credit.json'),
    onEvent: () => {},
    nowMs: Date.now,
  })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

test('a job that names no price is owed at what its own model asks', async () => {
  credit = await shortCredit()
  const asks = { floor: prices(3_000_000n), points: [{ load: 0, multiplier: 1 }] }
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agentModel: { asks }, agent: { credit } })
  // The agreement says a third of that: it is of another model, where there are several.
  expect(await job()).toMatchObject({ status: 200 })
  expect(credit.book.owedAmount).toBe(24n)
  expect(await job()).toMatchObject({ status: 402, code: 'credit_exhausted' })
})

test('work on credit ends where the credit does', async () => {
  credit = await shortCredit()
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agent: { credit } })
  // Each is of five tokens and three.
  expect(await job()).toMatchObject({ status: 200 })
  expect(credit.book.owedAmount).toBe(8n)
  expect(await job()).toMatchObject({ status: 200 })
  expect(await job()).toMatchObject({ status: 402, code: 'credit_exhausted' })
  expect(credit.book.owedAmount).toBe(16n)
})

test('a book of jobs that cannot be kept stops the agent before it signs', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl })
  expect(await job()).toMatchObject({ status: 200 })
  place.spoilJobs()
  expect(await job()).toMatchObject({ status: 503, code: 'jobs_not_kept', work: undefined })
  expect(await job({ fields: { stream: true } })).toMatchObject({
    status: 503,
    code: 'jobs_not_kept',
  })
  // The disk refused while the engine worked; from then on nobody is asked.
  expect(engine.requests).toHaveLength(2)
  expect(await report()).toMatchObject({ slots: 0 })
  expect(JSON.parse((await get('/health')).text)).toMatchObject({ status: 'jobs_not_kept' })
})

test('it says what it has, to whoever shares its secret', async () => {
  const gpu = { name: 'NVIDIA H200', memoryMb: 143_771, memoryUsedMb: 9, utilization: 0.5 }
  place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    agent: {
      slots: 4,
      region: 'eu',
      readGpus: async () => [gpu],
      nowMs: () => {
        nowMs += 10
        return nowMs
      },
    },
  })
  expect(await report()).toMatchObject({
    running: 0,
    waiting: 0,
    slots: 4,
    tokensPerSecond: undefined,
    contextTokensMax: 8192,
    region: 'eu',
    gpus: [gpu],
    draining: false,
    models: [{ id: 'm' }],
  })
  await job({ fields: { stream: true } })
  const { tokensPerSecond } = (await report()) ?? {}
  expect(tokensPerSecond?.prompt).toBeGreaterThan(0)
  // Two more tokens in two more ticks of this clock.
  expect(tokensPerSecond?.completion).toBe(100)
  expect(JSON.parse((await get('/v1/models')).text)).toMatchObject({ data: [{ id: 'm' }] })
  expect(await get('/v1/models/m')).toMatchObject({ status: 200 })
  expect(await get('/v1/models/other')).toMatchObject({ status: 404 })
  expect(await get('/v1/chat/completions')).toMatchObject({ status: 405 })
  expect(await get('/v1/vouch/capacity', 'another')).toMatchObject({ status: 401 })
  expect(await get('/health', 'another')).toMatchObject({ status: 200 })
})

test('what the engine does for others takes room, and raises the price', async () => {
  const shared = await startFixtureEngine('vllm')
  place = await openAgentPlace({
    baseUrl: shared.baseUrl,
    model: shared.record.model,
    agentModel: {
      asks: {
        floor: prices(100n),
        points: [
          { load: 0.5, multiplier: 1 },
          { load: 1, multiplier: 2 },
        ],
      },
    },
    agent: { slots: 4, waitingMax: 0, engine: { baseUrl: shared.baseUrl, kind: 'vllm' } },
  })
  // Its metrics say that three run and one waits.
  const asked = await report()
  expect(asked).toMatchObject({ running: 3, waiting: 1, slots: 4 })
  expect(asked?.models[0]?.prices.completionAtomicPerMtok).toBe(200n)
  const refused = await job({ fields: { model: shared.record.model } })
  expect(refused).toMatchObject({ status: 429, code: 'engine_busy' })
  await shared.close()
})

test('an engine that repeats itself is given a seed by the job, where its writer has none', async () => {
  place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    agent: { engine: { baseUrl: engine.baseUrl, isRepeatable: true } },
    agentModel: { completionTokensMax: 77 },
  })
  const jobId = `0x00000102${'ab'.repeat(28)}`
  await testJob(place, jobId)
  await job({ fields: { seed: 5, max_completion_tokens: 3 } })
  expect(engine.requests.map(({ json }) => [json['seed'], json['max_tokens']])).toEqual([
    [258, 77],
    [5, undefined],
  ])
})

test('a stream whose engine reads for long stays awake, and its comments are signed', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl, agent: { awakeMs: 5 } })
  const hold = holding()
  engine.become(hold.script)
  const throughGateway = ask(place.gateway, { stream: true })
  await engine.nextRequest()
  const response = await streamOf(`${place.origin}/v1/chat/completions`)
  let said = ''
  for await (const piece of response) {
    said += (piece as Buffer).toString()
    // The other stream has had some by then, too.
    if (said.split(': reading\n\n').length > 4) hold.release()
  }
  const [body, encoded] = said.split(': vouch-work ')
  const work = decodeWork(encoded ?? '')?.work
  expect(body).toMatch(/^: reading\n\n/)
  expect(work?.outputHash).toBe(`0x${hash('sha256', body ?? '')}`)
  expect(await throughGateway).toMatchObject({ content: 'Hello there!', done: true })
  const { receipts } = await place.newEntries()
  expect(receipts[0]?.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)

  // Nothing can be a status any more when the engine fails now.
  const failing = streamOf(`${place.origin}/v1/chat/completions`)
  const broken = text(await failing)
  hold.fail()
  await expect(broken).rejects.toThrow()
  expect(place.newEnds().at(-1)).toMatchObject({ outcome: 'failed', code: 'engine_failed' })
})

test('an engine that says nothing is given up in time', async () => {
  const timeouts = { firstByteMs: 40, idleMs: 40, wholeAnswerMs: 40 }
  place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    agent: { engine: { baseUrl: engine.baseUrl, timeouts } },
  })
  engine.become(() => {})
  const silent = { status: 504, code: 'engine_timeout' }
  expect(await job()).toMatchObject(silent)
  expect(await job({ fields: { stream: true } })).toMatchObject(silent)
  engine.become(streamBytes([roleEvent, wordEvent], 'hang'))
  await expect(job({ fields: { stream: true } })).rejects.toThrow()
  const request = await engine.nextRequest()
  await request.left
  expect(place.newEnds().at(-1)).toMatchObject({ outcome: 'failed', code: 'engine_cut' })
})

test('a reader that pauses stops the engine, and nothing is lost', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl })
  const events = [
    ...Array.from({ length: 200 }, () => sse(chunk({ content: 'x'.repeat(80_000) }))),
    stopEvent,
    sseDone,
  ]
  let isWritten = false
  engine.become((_request, response) => {
    startSse(response)
    response.end(events.join(''), () => {
      isWritten = true
    })
  })
  const response = await streamOf(`${place.origin}/v1/chat/completions`)
  await once(response, 'readable')
  // What fits into socket buffers may still come; sixteen megabytes do not.
  await new Promise((resolve) => setImmediate(resolve))
  expect(isWritten).toBe(false)
  let bytes = 0
  for await (const piece of response) bytes += (piece as Buffer).length
  expect(bytes).toBeGreaterThan(events.join('').length)
  expect(place.newEnds()).toMatchObject([{ outcome: 'complete' }])
})

test('it listens with a certificate of its own', async () => {
  place = await openAgentPlace({ baseUrl: engine.baseUrl })
  const pem = (name: string) =>
    readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8')
  const tls = { certificate: pem('certificate.pem'), key: pem('key.pem') }
  const listening = { host: '127.0.0.1', port: 0, secret: undefined, tls }
  const server = await startAgentServer(place.agent(), listening)
  expect(server.url).toMatch(/^https:/)
  const asked = httpsRequest(`${server.url}/health`, { ca: tls.certificate, agent: false })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  expect(JSON.parse(await text(response))).toMatchObject({ status: 'ok' })
  await server.stop()
})

function streamOf(url: string): Promise<IncomingMessage> {
  const headers = jobHeaders(place, `0x${randomHex(32)}`)
  const asked = httpRequest(url, { method: 'POST', headers })
  asked.end(
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true }),
  )
  return once(asked, 'response').then(([response]) => response as IncomingMessage)
}
