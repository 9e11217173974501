import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runVouch, startServe } from '../support/dev-process.ts'
import { openServeConfig, type ServeConfig } from '../support/serve-config.ts'

let place: ServeConfig

beforeAll(async () => {
  place = await openServeConfig()
})
afterAll(() => place.close())

test('an upstream named in vouch.yaml is served under its public name, with its own key and ours kept apart', async () => {
  const serving = await startServe(place.yaml())
  const apiKey = await place.openAccount(serving)
  const client = new OpenAI({ baseURL: `${serving.origin}/v1`, apiKey, maxRetries: 0 })
  const request = { model: 'public-name', messages: [{ role: 'user' as const, content: 'hi' }] }
  const answer = await client.chat.completions.create(request)
  expect(answer.choices[0]?.message.content).toBe('Hello there!')
  const seen = place.upstream.requests.at(-1)
  expect(seen?.json['model']).toBe('engine/name')
  expect(seen?.headers.authorization).toBe('Bearer an-engine-key')
  expect(JSON.stringify(seen?.headers)).not.toContain(apiKey)

  const list = await runVouch(['keys', 'list', '--data', join(place.folder, 'data')])
  const keyId = /key_[0-9a-f]{24}/.exec(list.output)?.[0] ?? ''
  expect(
    (await runVouch(['keys', 'revoke', keyId, '--data', join(place.folder, 'data')])).code,
  ).toBe(0)
  await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status: 401 })
  const stopped = await serving.interrupt()
  expect(stopped.code).toBe(0)
  expect(stopped.output).toContain('"claims_settled"')
  expect(stopped.output).not.toContain(apiKey)
})

test("an upstream's limits, region and price decide whether it is asked", async () => {
  const known = 'limits: { requestsPerMinute: 1 }\n    region: eu\n    models:'
  const serving = await startServe(place.yaml((text) => text.replace('models:', known)))
  const apiKey = await place.openAccount(serving)
  const client = new OpenAI({ baseURL: `${serving.origin}/v1`, apiKey, maxRetries: 0 })
  const ask = (routing: unknown) => {
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const request = { model: 'public-name', messages, routing }
    return client.chat.completions.create(request)
  }
  const filtered = { status: 404, code: 'constraint_filtered' }
  const sent = place.upstream.requests.length
  await expect(ask({ region: 'us' })).rejects.toMatchObject(filtered)
  await expect(ask({ max_price: { completion: '1.999999' } })).rejects.toMatchObject(filtered)
  const answer = await ask({ region: 'eu', max_price: { prompt: '0.5', completion: '2' } })
  expect(answer.choices[0]?.message.content).toBe('Hello there!')
  expect(place.upstream.requests.at(-1)?.json).not.toHaveProperty('routing')
  await expect(ask({})).rejects.toMatchObject({ status: 429, code: 'capacity_exhausted' })
  expect(place.upstream.requests).toHaveLength(sent + 1)
  await serving.interrupt()
})

test('two gateways cannot share a data folder', async () => {
  const serving = await startServe(place.yaml())
  const second = await runVouch(['serve', '--config', place.yaml()])
  expect(second.code).toBe(1)
  expect(second.output).toContain('another gateway runs on this data folder')
  await serving.interrupt()
})

const oneLine = async (path: string) => {
  const { code, output } = await runVouch(['serve', '--config', path])
  expect(code).toBe(1)
  const lines = output.trim().split('\n')
  expect(lines).toHaveLength(1)
  return lines[0] ?? ''
}

test.each([
  [
    'a wrong type',
    'contextTokensMax: 4096',
    'contextTokensMax: many',
    /:2\d: upstreams\[0\]\.models\[0\]\.contextTokensMax: expected a whole number/,
  ],
  [
    'a misspelt key',
    'dataFolder',
    'datafolder',
    /:3: datafolder: expected one of: .*dataFolder.*, got an unknown key/,
  ],
  [
    'an unquoted address',
    /receiptVerifier: '(\w+)'/,
    'receiptVerifier: $1',
    /:7: chain\.receiptVerifier: expected an address in quotes/,
  ],
  ['text that is not YAML', 'listen:', 'listen: [', /:\d+: not YAML/],
  [
    'a missing key file',
    'signing.key',
    'absent.key',
    /gateway\.signingKeyFile: expected a file that can be read/,
  ],
  ['a missing part', /upstreams:[\s\S]*$/, '', /upstreams: expected a list/],
  [
    'a negative price',
    'completionPerMtok: 2',
    'completionPerMtok: -2',
    /completionPerMtok: expected an amount/,
  ],
  ['the wrong chain', 'chainId: 31337', 'chainId: 1', /has id 31337, but 1 is configured/],
  ['a missing contract', /asset: '\w+'/, `asset: '0x${'9'.repeat(40)}'`, /no contract at 0x9999/],
  [
    'a key that is not registered',
    'signing.key',
    'other.key',
    /is not an active signing key of operator/,
  ],
  [
    'a chain that is not there',
    /rpcUrl: \S+/,
    'rpcUrl: http://127.0.0.1:1',
    /cannot reach the chain at http:\/\/127\.0\.0\.1:1/,
  ],
])('%s is told in one line', async (_name, from, to, expected) => {
  expect(await oneLine(place.yaml((text) => text.replace(from, to)))).toMatch(expected)
})

test('a folder that cannot be written, a busy port and a file that is not there are told in one line', async () => {
  const blocked = join(place.folder, 'blocked')
  writeFileSync(blocked, 'a file where a folder should be')
  const unwritable = place.yaml((text) =>
    text.replace(/dataFolder: .*/, `dataFolder: ${blocked}/data`),
  )
  expect(await oneLine(unwritable)).toMatch(/data folder .* cannot be written/)

  const occupant = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => occupant.once('listening', resolve))
  const { port } = occupant.address() as AddressInfo
  const busy = place.yaml((text) => text.replace('port: 0', `port: ${port}`))
  expect(await oneLine(busy)).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} is in use`))
  await new Promise((resolve) => occupant.close(resolve))

  expect(await oneLine(join(place.folder, 'absent.yaml'))).toMatch(/does not exist/)
})

test('help is there for the program and for each command, and a wrong word is exit 2', async () => {
  mkdirSync(join(place.folder, 'empty'), { recursive: true })
  const help = await runVouch(['--help'])
  expect(help.code).toBe(0)
  const names = [...help.output.matchAll(/^ {2}([\w-]+) {2,}\S/gm)].map(([, name]) => name ?? '')
  expect(names).toEqual(expect.arrayContaining(['dev', 'serve', 'verify', 'keys', 'engine']))
  for (const name of names) {
    const { code, output } = await runVouch([name, '--help'])
    expect(code, name).toBe(0)
    expect(output).toContain(`Usage: vouch ${name}`)
  }
  for (const wrong of [
    ['nonsense'],
    ['serve', '--nonsense'],
    ['keys'],
    ['keys', 'create'],
    ['dev', '--port', 'x'],
  ]) {
    expect((await runVouch(wrong)).code, wrong.join(' ')).toBe(2)
  }
})
