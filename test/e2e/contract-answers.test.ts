/*
 * A contributor before contracts: a real `vouch engine`, a real coordinator on a real chain, and a gateway that says what it
 * likes, which is this test.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import { decodeWork } from '../../src/attestation/check-work.ts'
import type { Hex } from '../../src/base/hex.ts'
import { encodeJobTerms } from '../../src/chain/job-terms.ts'
import { devAgreement } from '../../src/cli/dev-config.ts'
import { devPrices } from '../../src/cli/dev-prices.ts'
import { agreementJson } from '../../src/contributor/credit-agreement.ts'
import type { ContractAsk, JobTerms } from '../../src/domain/contract-job.ts'
import {
  askedAtHeader,
  jobTermsHeader,
  writeAskedAt,
} from '../../src/domain/contract-job-headers.ts'
import { address, type Bytes32, bytes32, zeroAddress } from '../../src/domain/units.ts'
import {
  type CoordinatorPlace,
  consumerCode,
  openCoordinatorPlace,
} from '../support/coordinator-place.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

let place: CoordinatorPlace
let engine: EngineProcess
const folder = temporaryFolder()

beforeAll(async () => {
  place = await openCoordinatorPlace()
  const { dev } = place.running
  writeFileSync(join(folder.path, 'key'), dev.keys.contributorSigner, { mode: 0o600 })
  writeFileSync(join(folder.path, 'agreement'), agreementJson(devAgreement(dev)))
  engine = await start()
}, 120_000)

afterAll(async () => {
  await engine?.stop()
  await place?.stop()
  folder.remove()
})

function start(): Promise<EngineProcess> {
  const { dev } = place.running
  const named = writeAskedAt({ chainId: dev.chainId, coordinator: place.coordinator })
  return startEngine([
    ...['--key-file', join(folder.path, 'key'), '--chain-id', String(dev.chainId)],
    ...['--receipt-verifier', dev.contracts.receiptVerifier],
    ...['--contributor', dev.addresses.contributorOperator],
    ...['--payout-agreement', join(folder.path, 'agreement'), '--payout-rpc', dev.rpcUrl],
    ...['--coordinator', named, '--credit-limit', '2000'],
  ])
}

const chat = (text: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: 'vouch-mini',
      messages: [{ role: 'user', content: text }],
      max_tokens: 8,
      temperature: 0,
    }),
  )

const hex = (bytes: Buffer): Hex => `0x${bytes.toString('hex')}`

/** Open to any gateway, for the model that the engine has, at what it asks. */
const fairTerms = (change: Partial<JobTerms> = {}): JobTerms =>
  place.terms({
    modelId: bytes32(engine.modelId),
    gateway: zeroAddress,
    promptAtomicPerMtok: devPrices.promptAtomicPerMtok,
    completionAtomicPerMtok: devPrices.completionAtomicPerMtok,
    maxFee: 1_000n,
    deliveryFee: 0n,
    callbackGas: 0,
    ...change,
  })

async function asked(body: Buffer, change: Partial<JobTerms> = {}): Promise<ContractAsk> {
  const consumer = await place.consumer(consumerCode.silent)
  return place.request(consumer, fairTerms(change), hex(body))
}

type Told = Pick<ContractAsk, 'chainId' | 'coordinator' | 'jobId' | 'terms'>

/** As a gateway tells it; `modelId`: what it calls the model beside what the terms say. */
const tell = (told: Told, body: Buffer, modelId: Bytes32 = bytes32(engine.modelId)) =>
  fetch(`${engine.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-vouch-job': told.jobId,
      'x-vouch-gateway': place.running.dev.addresses.gatewayOperator,
      'x-vouch-model': modelId,
      [askedAtHeader]: writeAskedAt(told),
      [jobTermsHeader]: encodeJobTerms(told.terms),
    },
    body: body.toString(),
  })

async function answerOf(response: Response) {
  const body = Buffer.from(await response.arrayBuffer())
  expect(response.status, body.toString()).toBe(200)
  const work = response.headers.get('x-vouch-work') ?? ''
  return { body, work, signed: decodeWork(work) }
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return `${response.status} ${error.code}`
}

test('a job that would be paid is answered, once: the same again behind a kill -9, and nothing else', async () => {
  const body = chat('What is a receipt?')
  const ask = await asked(body)
  const first = await answerOf(await tell(ask, body))
  expect(first.signed?.work).toMatchObject({
    jobId: ask.jobId,
    inputHash: sha256Bytes32(body),
    outputHash: sha256Bytes32(first.body),
    modelId: engine.modelId,
  })
  const again = await answerOf(await tell(ask, body))
  expect(again).toEqual(first)

  engine.process.kill('SIGKILL')
  engine = await start()
  expect(await answerOf(await tell(ask, body))).toEqual(first)
  // Another question under its name, and the same name as an ordinary job.
  expect(await codeOf(await tell(ask, chat('What is a bond?')))).toBe('409 job_of_other_input')
  const plain = await fetch(`${engine.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'x-vouch-job': ask.jobId,
      'x-vouch-gateway': place.running.dev.addresses.gatewayOperator,
      'x-vouch-model': engine.modelId,
    },
    body: body.toString(),
  })
  expect(await codeOf(plain)).toBe('409 job_already_signed')
})

test('nothing that a gateway says of a job is believed', async () => {
  const body = chat('Who pays?')
  const ask = await asked(body)
  const lies: readonly (readonly [why: string, told: Told, code: string])[] = [
    ['not on the chain', { ...ask, jobId: bytes32(`0x${'77'.repeat(32)}`) }, '409 job_not_payable'],
    [
      'better terms than the chain has',
      { ...ask, terms: { ...ask.terms, maxFee: 5_000n } },
      '409 job_not_payable',
    ],
    [
      'the terms of another model',
      { ...ask, terms: { ...ask.terms, modelId: bytes32(`0x${'11'.repeat(32)}`) } },
      '400 invalid_job_header',
    ],
    [
      'the terms of another gateway',
      { ...ask, terms: { ...ask.terms, gateway: address(`0x${'12'.repeat(20)}`) } },
      '409 job_not_payable',
    ],
    [
      'a coordinator that nobody named',
      { ...ask, coordinator: place.running.dev.contracts.receiptVerifier },
      '409 coordinator_not_accepted',
    ],
    ['another chain', { ...ask, chainId: 1 }, '409 coordinator_not_accepted'],
  ]
  for (const [why, told, code] of lies) {
    expect(await codeOf(await tell(told, body)), why).toBe(code)
  }
  // None of it left a trace: the job itself is answered.
  expect((await answerOf(await tell(ask, body))).signed?.work.jobId).toBe(ask.jobId)
})

test('a job that pays less than is asked, or may, is left to others', async () => {
  const body = chat('For how much?')
  const cheap = await asked(body, {
    completionAtomicPerMtok: devPrices.completionAtomicPerMtok - 1n,
  })
  expect(await codeOf(await tell(cheap, body))).toBe('409 job_not_payable')
  const capped = await asked(body, { maxFee: 1n })
  expect(await codeOf(await tell(capped, body))).toBe('409 job_not_payable')
})

test('a job that is over is not answered', async () => {
  const body = chat('Too late?')
  const ask = await asked(body, { deliveryTime: 60 })
  await place.ask('evm_increaseTime', 61)
  await place.ask('evm_mine')
  expect(await codeOf(await tell(ask, body))).toBe('409 job_not_payable')
})

test('a stream is not for contracts', async () => {
  const body = Buffer.from(chat('One?').toString().replace('{', '{"stream":true,'))
  const ask = await asked(body)
  expect(await codeOf(await tell(ask, body))).toBe('400 unsupported_parameter')
})
