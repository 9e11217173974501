/*
 * A real `vouch engine` that nobody dials: it opens the connection itself, and its signed answers come through it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { builtInModel } from '../../src/dev/built-in-model.ts'
import { type CutLine, startCutLine } from '../support/cut-line.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testContributorRegistry,
  testVerifier,
} from '../support/gateway-on-ledger.ts'

const key = randomPrivateKey()
const operator = addressOfPrivateKey(key)
const { name: model, modelId } = builtInModel()

let folder: string
let gateway: TestGateway
let line: CutLine
let engine: EngineProcess
let openai: OpenAI

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouch-tunnel-'))
  const keyFile = join(folder, 'key.json')
  await writeFile(keyFile, JSON.stringify({ privateKey: key }), { mode: 0o600 })
  gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'behind a router',
        baseUrl: `tunnel://${operator}/v1`,
        identity: { operator, signingAddresses: [operator] },
        offer: { modelName: model, upstreamModelName: model, modelId },
      },
    ],
  })
  openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.apiKey, maxRetries: 0 })
  line = await startCutLine(Number(new URL(gateway.origin).port))
  engine = await startEngine([
    ...['--key-file', keyFile, '--chain-id', '31337', '--receipt-verifier', testVerifier],
    ...['--gateway', `http://127.0.0.1:${line.port}`, '--gateway-operator', gateway.operator],
    ...['--gateway-key', gateway.operator, '--contributor-registry', testContributorRegistry],
  ])
  expect(await engine.nextRequestEnd()).toMatchObject({ event: 'connected' })
})

afterAll(async () => {
  expect(await engine.stop()).toBe(0)
  await line.close()
  await gateway.stop()
  await rm(folder, { recursive: true })
})

const ask = {
  model,
  messages: [{ role: 'user' as const, content: 'What is a receipt?' }],
  max_tokens: 40,
}

test('an answer comes signed by the contributor, and is receipted', async () => {
  const { data, response } = await openai.chat.completions.create(ask).withResponse()
  expect(data.choices[0]?.message.content).not.toBe('')
  const receipt = await gateway.receipt(response.headers.get('x-vouch-receipt') ?? '')
  expect(receipt.receipt.work.contributor).toBe(operator)
  expect(receipt.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
})

test('a stream goes on where it was after its line was cut, and is charged once', async () => {
  const whole = await openai.chat.completions.create({ ...ask, temperature: 0, seed: 7 })
  const before = (await gateway.books()).receipts.length
  const stream = await openai.chat.completions.create({
    ...ask,
    temperature: 0,
    seed: 7,
    stream: true,
  })
  let text = ''
  let isCut = false
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    if (isCut || text === '') continue
    isCut = true
    line.cut()
    line.mend()
  }
  expect(isCut).toBe(true)
  expect(text).toBe(whole.choices[0]?.message.content)
  const { receipts } = await gateway.books()
  expect(receipts).toHaveLength(before + 1)
  expect(receipts.at(-1)?.receipt.work.status).toBe(0)
  expect(receipts.at(-1)?.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
})
