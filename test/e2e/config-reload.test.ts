import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type ServeProcess, startServe } from '../support/dev-process.ts'
import {
  answerWell,
  chunk,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'
import { openServeConfig, type ServeConfig } from '../support/serve-config.ts'

let place: ServeConfig
let other: ScriptedUpstream
let path: string
let serving: ServeProcess
let apiKey: string
let client: OpenAI
/** What the gateway serves by. */
let inUse: string

beforeAll(async () => {
  place = await openServeConfig()
  other = await startScriptedUpstream(answerWell(['Other', ' words']))
  path = place.yaml()
  inUse = place.text
  serving = await startServe(path)
  apiKey = await place.openAccount(serving)
  client = new OpenAI({ baseURL: `${serving.origin}/v1`, apiKey, maxRetries: 0 })
})
afterAll(async () => {
  await serving.interrupt()
  await other.close()
  await place.close()
})

/** Lines of an event so far: a test waits for the next one. */
const countOf = (event: string): number => serving.output().split(`"msg":"${event}"`).length - 1

/** As editors do it: a new file in the place of the old one. */
function replaceFile(text: string): void {
  const next = `${path}.next`
  writeFileSync(next, text)
  renameSync(next, path)
}

/** Writes the file and waits for what the gateway says of it. */
async function become(text: string, event = 'config_reloaded') {
  const before = countOf(event)
  replaceFile(text)
  return serving.logged(event, before + 1)
}

beforeEach(async () => {
  place.upstream.become(answerWell())
  if (inUse === place.text) return
  await become(place.text)
  inUse = place.text
})

/** What the file says is what the gateway serves by, until the next test. */
async function use(text: string) {
  inUse = text
  return become(text)
}

const ask = (model = 'public-name') =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] })

async function receiptOf(model?: string): Promise<ReceiptDocument> {
  const { response } = await client.chat.completions
    .create({ model: model ?? 'public-name', messages: [{ role: 'user', content: 'hi' }] })
    .withResponse()
  const receiptId = response.headers.get('x-vouch-receipt')
  const answer = await fetch(`${serving.origin}/v1/receipts/${receiptId}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as ReceiptDocument
}

const second = (): string => `
  - id: second
    url: ${other.baseUrl}
    models:
      - id: second-name
        contextTokensMax: 4096
        price: { promptPerMtok: 1, completionPerMtok: 1 }
`

describe('a file that is good is in force for the next request', () => {
  test('a price: the receipt of the next answer has its hash', async () => {
    const before = await receiptOf()
    const line = await use(place.text.replace('completionPerMtok: 2', 'completionPerMtok: 3'))
    expect(line).toMatchObject({ changed: 'engine', added: '', removed: '' })
    const after = await receiptOf()
    expect(before.priceSheet.completionAtomicPerMtok).toBe('2000000')
    expect(after.priceSheet.completionAtomicPerMtok).toBe('3000000')
    expect(after.receipt.priceHash).not.toBe(before.receipt.priceHash)
  })

  test('an upstream that joins, and one that is taken away', async () => {
    await expect(ask('second-name')).rejects.toMatchObject({ status: 404 })
    expect(await use(place.text + second())).toMatchObject({ added: 'second', changed: '' })
    expect((await ask('second-name')).choices[0]?.message.content).toBe('Other words')
    expect((await ask()).choices[0]?.message.content).toBe('Hello there!')
    expect(await use(place.text)).toMatchObject({ removed: 'second' })
    await expect(ask('second-name')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })

  test('a key file that it names', async () => {
    const before = countOf('config_reloaded')
    writeFileSync(join(place.folder, 'engine.key'), 'another-engine-key')
    expect(await serving.logged('config_reloaded', before + 1)).toMatchObject({ changed: 'engine' })
    await ask()
    expect(place.upstream.requests.at(-1)?.headers.authorization).toBe('Bearer another-engine-key')
    writeFileSync(join(place.folder, 'engine.key'), 'an-engine-key')
    await serving.logged('config_reloaded', before + 2)
  })

  test('limits and region', async () => {
    const text = place.text.replace(
      'models:',
      'region: mars\n    limits: { requestsPerMinute: 1 }\n    models:',
    )
    await use(text)
    const routing = { region: 'mars' }
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const request = { model: 'public-name', messages, routing }
    await client.chat.completions.create(request)
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status: 429 })
  })
})

test('an answer that has begun ends well when its upstream is taken away', async () => {
  await use(place.text + second())
  const goOn = Promise.withResolvers<void>()
  other.become(async (_request, response) => {
    startSse(response)
    response.write(sse(chunk({ role: 'assistant', content: 'Begun' })))
    await goOn.promise
    response.write(sse(chunk({ content: ' and ended' })))
    response.write(sse(chunk({}, 'stop')))
    response.write(sse(usageChunk(usageObject(5, 2))))
    response.end(sseDone)
  })
  const stream = await client.chat.completions.create({
    model: 'second-name',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
  })
  const parts: string[] = []
  for await (const part of stream) {
    parts.push(part.choices[0]?.delta.content ?? '')
    if (parts.length > 1) continue
    await use(place.text)
    await expect(ask('second-name')).rejects.toMatchObject({ status: 404 })
    goOn.resolve()
  }
  expect(parts.join('')).toBe('Begun and ended')
  other.become(answerWell(['Other', ' words']))
})

describe('a file that cannot be taken over leaves everything as it was', () => {
  test.each([
    ['is no YAML', (text: string) => text.replace('listen:', 'listen: ['), /:\d+: not YAML/],
    [
      'has a wrong value',
      (text: string) => text.replace('completionPerMtok: 2', 'completionPerMtok: dear'),
      /:\d+: upstreams\[0\]\.models\[0\]\.price\.completionPerMtok: expected an amount/,
    ],
    [
      'names a file that is not there',
      (text: string) => text.replace('engine.key', 'absent.key'),
      /apiKeyFile: expected a file that can be read/,
    ],
    [
      'changes what only a restart can change',
      (text: string) =>
        text.replace('port: 0', 'port: 1').replace('confirmations: 1', 'confirmations: 2'),
      /^only a restart can change listen\.port, chain\.confirmations$/,
    ],
    [
      'changes a price and the signing key',
      (text: string) =>
        text
          .replace('signing.key', 'other.key')
          .replace('completionPerMtok: 2', 'completionPerMtok: 9'),
      /^only a restart can change gateway\.signingKeyFile$/,
    ],
    [
      'names a contributor whose key is not registered',
      (text: string) =>
        text.replace(
          'models:',
          `operator: '0x${'1'.repeat(40)}'\n    signingAddresses: ['0x${'2'.repeat(40)}']\n    models:`,
        ),
      /signingAddresses: 0x2+ is not an active signing key/,
    ],
  ])('one that %s', async (_name, change, expected) => {
    const reloads = countOf('config_reloaded')
    const line = await become(change(place.text), 'config_refused')
    expect(line['fault']).toMatch(expected)
    const { priceSheet } = await receiptOf()
    expect(priceSheet.completionAtomicPerMtok).toBe('2000000')
    // What is in use is what is written again: nothing is to be taken over.
    await become(place.text, 'config_unchanged')
    expect(countOf('config_reloaded')).toBe(reloads)
  })

  test('until the file is there that was missing', async () => {
    const later = join(place.folder, 'later')
    mkdirSync(later)
    inUse = place.text.replace('engine.key', 'later/engine.key')
    const before = countOf('config_reloaded')
    await become(inUse, 'config_refused')
    writeFileSync(join(later, 'engine.key'), 'a-later-key')
    expect(await serving.logged('config_reloaded', before + 1)).toMatchObject({ changed: 'engine' })
    await ask()
    expect(place.upstream.requests.at(-1)?.headers.authorization).toBe('Bearer a-later-key')
  })

  test('and a secret that the environment should hold is not told', async () => {
    const text = place.text.replace('id: engine\n', `id: \${VOUCH_NO_SUCH_VARIABLE}\n`)
    const line = await become(text, 'config_refused')
    expect(line['fault']).toContain('expected a variable VOUCH_NO_SUCH_VARIABLE in the environment')
    await become(place.text, 'config_unchanged')
  })
})

test('SIGHUP reads the file again, and says that nothing changed', async () => {
  const before = countOf('config_unchanged')
  serving.hangUp()
  await serving.logged('config_unchanged', before + 1)
  serving.hangUp()
  await serving.logged('config_unchanged', before + 2)
  expect((await ask()).choices[0]?.message.content).toBe('Hello there!')
})

test('fifty files in a row fail no request', async () => {
  const rewrites = 50
  const reloads = countOf('config_reloaded')
  const priced = (count: number) =>
    place.text.replace('completionPerMtok: 2', `completionPerMtok: ${2 + count}`)
  let isWriting = true
  let answered = 0
  let turn = Promise.withResolvers<void>()
  const askOn = async (): Promise<void> => {
    while (isWriting) {
      const { choices } = await ask()
      expect(choices[0]?.message.content).toBe('Hello there!')
      answered += 1
      turn.resolve()
    }
  }
  const asking = [askOn(), askOn(), askOn()]
  const failed = Promise.all(asking)
  for (let count = 1; count <= rewrites; count += 1) {
    inUse = count % 2 === 0 ? priced(count) : priced(count) + second()
    replaceFile(inUse)
    turn = Promise.withResolvers<void>()
    await Promise.race([turn.promise, failed])
    // Most are replaced before they are read; every tenth is seen in force, and so is the last one that was written.
    while (count % 10 === 0) {
      const { priceSheet } = await receiptOf()
      if (priceSheet.completionAtomicPerMtok === `${2 + count}000000`) break
    }
  }
  isWriting = false
  await failed
  await serving.logged('config_reloaded', reloads + 5)
  expect(answered).toBeGreaterThanOrEqual(rewrites)
})
