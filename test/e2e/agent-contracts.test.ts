/*
 * An agent before an engine that knows nothing of jobs, asked by a contract: a real coordinator on a real chain, a gateway that
 * this test plays.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import { decodeWork } from '../../src/attestation/check-work.ts'
import { encodeJobTerms } from '../../src/chain/job-terms.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { devPrices } from '../../src/cli/dev-prices.ts'
import { openAgent } from '../../src/contributor/agent.ts'
import { type AgentServer, startAgentServer } from '../../src/contributor/agent-server.ts'
import type { AgentJobEnd } from '../../src/contributor/agent-terms.ts'
import { openJobBook } from '../../src/contributor/job-book.ts'
import { openContractJobs } from '../../src/contributor/open-contract-jobs.ts'
import type { ContractAsk, JobTerms } from '../../src/domain/contract-job.ts'
import {
  askedAtHeader,
  jobTermsHeader,
  writeAskedAt,
} from '../../src/domain/contract-job-headers.ts'
import { atomic, bytes32, zeroAddress } from '../../src/domain/units.ts'
import {
  type CoordinatorPlace,
  consumerCode,
  openCoordinatorPlace,
} from '../support/coordinator-place.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

const secret = 'a secret that both know'
const folder = temporaryFolder()
const ends: AgentJobEnd[] = []
let place: CoordinatorPlace
let engine: EngineProcess
let server: AgentServer
let close: () => Promise<void>

beforeAll(async () => {
  place = await openCoordinatorPlace()
  engine = await startEngine()
  const { dev } = place.running
  const receipts = { chainId: dev.chainId, verifyingContract: dev.contracts.receiptVerifier }
  const contributor = dev.addresses.contributorOperator
  const privateKey = dev.keys.contributorSigner
  const jobs = await openJobBook(join(folder.path, 'jobs'))
  const contracts = await openContractJobs({
    folder: join(folder.path, 'contracts'),
    coordinators: [
      {
        ...{ chainId: dev.chainId, coordinator: place.coordinator },
        ...{ rpc: place.rpc, asset: dev.contracts.asset },
      },
    ],
    signer: () => ({
      ...{ contributor, signingAddress: addressOfPrivateKey(privateKey), receipts, decimals: 6 },
    }),
    limit: atomic(500_000n),
    onEvent: () => {},
    nowMs: Date.now,
  })
  if (!jobs.ok || !contracts.ok) throw new Error('not opened')
  const agent = openAgent({
    engine: { baseUrl: `${engine.url}/v1`, kind: 'vouch', isRepeatable: true },
    models: [
      {
        ...{ id: 'vouch-mini', modelId: bytes32(engine.modelId), contextTokensMax: 2_048 },
        asks: { floor: devPrices, points: [{ load: 0, multiplier: 1 }] },
      },
    ],
    signer: { contributor, privateKey, domain: receiptDomain(receipts) },
    gateway: dev.addresses.gatewayOperator,
    jobs: jobs.value,
    contractJobs: contracts.value.jobs,
    ...{ slots: 1, waitingMax: 1, nowMs: Date.now },
    onJobEnd: (ended) => ends.push(ended),
  })
  server = await startAgentServer(agent, { host: '127.0.0.1', port: 0, secret })
  close = async () => {
    await agent.close()
    await jobs.value.close()
  }
}, 120_000)

afterAll(async () => {
  await server?.stop()
  await close?.()
  await engine?.stop()
  await place?.stop()
  folder.remove()
})

const chat = (fields: object): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: 'vouch-mini',
      messages: [{ role: 'user', content: 'What is a receipt?' }],
      ...fields,
    }),
  )

async function asked(body: Buffer, change: Partial<JobTerms> = {}): Promise<ContractAsk> {
  const terms = place.terms({
    ...{ modelId: bytes32(engine.modelId), gateway: zeroAddress, deliveryFee: 0n, callbackGas: 0 },
    ...{ promptAtomicPerMtok: devPrices.promptAtomicPerMtok, maxFee: 1_000n },
    completionAtomicPerMtok: devPrices.completionAtomicPerMtok,
    ...change,
  })
  const consumer = await place.consumer(consumerCode.silent)
  return place.request(consumer, terms, `0x${body.toString('hex')}`)
}

const tell = (ask: ContractAsk, body: Buffer): Promise<Response> =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...{ 'x-vouch-job': ask.jobId, 'x-vouch-model': ask.terms.modelId },
      'x-vouch-gateway': place.running.dev.addresses.gatewayOperator,
      [askedAtHeader]: writeAskedAt(ask),
      [jobTermsHeader]: encodeJobTerms(ask.terms),
    },
    body: body.toString(),
  })

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return `${response.status} ${error.code}`
}

test('its answer is signed, and the same again whoever asks again', async () => {
  const body = chat({ max_tokens: 8 })
  const ask = await asked(body)
  const first = await tell(ask, body)
  const bytes = Buffer.from(await first.arrayBuffer())
  const work = first.headers.get('x-vouch-work') ?? ''
  expect(decodeWork(work)?.work).toMatchObject({
    jobId: ask.jobId,
    inputHash: ask.inputHash,
    outputHash: sha256Bytes32(bytes),
    completionTokens: 8,
  })
  const again = await tell(ask, body)
  expect([again.status, again.headers.get('x-vouch-work')]).toEqual([200, work])
  expect(Buffer.from(await again.arrayBuffer())).toEqual(bytes)
  expect(ends.splice(0).map(({ outcome }) => outcome)).toEqual(['complete', 'given_again'])
})

test('two that ask at once get one answer, and one of them has to ask again', async () => {
  const body = chat({ max_tokens: 16 })
  const ask = await asked(body)
  const both = await Promise.all([tell(ask, body), tell(ask, body)])
  const served = both.filter(({ status }) => status === 200)
  const waiting = both.filter(({ status }) => status !== 200)
  expect(await Promise.all(waiting.map(codeOf))).toEqual(waiting.map(() => '409 job_in_progress'))
  const works = new Set(served.map(({ headers }) => headers.get('x-vouch-work')))
  expect(works.size).toBe(1)
  expect(works).toContain((await tell(ask, body)).headers.get('x-vouch-work'))
})

test('the longest answer must be paid at what is asked now, and a tier be made here', async () => {
  // Without a bound of its own an answer may fill the context.
  const endless = chat({})
  const unbounded = await asked(endless, { maxFee: 100n })
  expect(await codeOf(await tell(unbounded, endless))).toBe('409 job_not_payable')
  const body = chat({ max_tokens: 8 })
  const cheap = await asked(body, { promptAtomicPerMtok: devPrices.promptAtomicPerMtok - 1n })
  expect(await codeOf(await tell(cheap, body))).toBe('409 job_not_payable')
  const committed = await asked(body, { minTiers: 4 })
  expect(await codeOf(await tell(committed, body))).toBe('409 job_not_payable')
})

test('headers that say half of it say nothing', async () => {
  const body = chat({ max_tokens: 8 })
  const ask = await asked(body)
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${secret}`, 'x-vouch-job': ask.jobId },
      ...{ 'x-vouch-model': ask.terms.modelId, [askedAtHeader]: writeAskedAt(ask) },
      'x-vouch-gateway': place.running.dev.addresses.gatewayOperator,
    },
    body: body.toString(),
  })
  expect(await codeOf(response)).toBe('400 invalid_job_header')
})
