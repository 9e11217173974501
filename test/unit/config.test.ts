import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { parseConfig } from '../../src/config.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
const folder = temporaryFolder()
const parse = (text: string) => parseConfig({ file: 'vouch.yaml', text, folder: folder.path })

beforeAll(() => {
  for (const name of ['keys', 'models/llama']) {
    mkdirSync(join(folder.path, name), { recursive: true })
  }
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text)
  write('keys/signing.key', randomPrivateKey())
  write('keys/claim.key', randomPrivateKey())
  write('keys/engine.key', 'an-engine-key\n')
  write('models/llama/manifest.json', '{"id":"llama-3.1-8b","weights":["sha256"]}')
})
afterAll(() => folder.remove())

test('the example of docs/configuration.md is a good configuration', () => {
  const config = parse(example)
  const [upstream] = config.upstreams
  const [model] = upstream?.models ?? []
  expect(upstream).toMatchObject({ id: 'my-engine', apiKey: 'an-engine-key', identity: undefined })
  expect(model).toMatchObject({
    id: 'llama-3.1-8b',
    upstreamId: 'meta-llama/Llama-3.1-8B-Instruct',
    promptAtomicPerMtok: 50_000n,
    cachedPromptAtomicPerMtok: 10_000n,
    completionAtomicPerMtok: 100_000n,
    tokenizer: join(folder.path, 'models/llama/tokenizer.json'),
  })
  expect(config.claims).toEqual({ whenUnclaimed: 1_000_000n, everyS: 21_600 })
})

test('what is left out has the default that the page names', () => {
  const least = example
    .replace(/listen:\n.*\n.*\n/, '')
    .replace(/dataFolder: .*\n/, '')
    .replace(/claims:\n.*\n.*\n/, '')
    .replace(/ {4}apiKeyFile: .*\n/, '')
    .replace(/ {10}cachedPromptPerMtok: .*\n/, '')
    .replace(/ {8}(completionTokensMax|manifest|tokenizer|upstreamId): .*\n/g, '')
    .replace(/ {2}(settlement|assetDecimals|withdrawDelayMinS): .*\n/g, '')
  const config = parse(least)
  expect(config.listen).toEqual({ host: '127.0.0.1', port: 8787 })
  expect(config.dataFolder).toBe(join(folder.path, '.vouch/serve'))
  expect(config.gateway.withdrawDelayMinS).toBe(3600)
  const [model] = config.upstreams[0]?.models ?? []
  expect(model).toMatchObject({
    upstreamId: 'llama-3.1-8b',
    completionTokensMax: 4096,
    cachedPromptAtomicPerMtok: 50_000n,
    tokenizer: undefined,
  })
  // Without a manifest the model is its name alone, and another id than the one with weights.
  expect(model?.modelId).not.toBe(parse(example).upstreams[0]?.models[0]?.modelId)
})

describe('a fault names file, line and key', () => {
  test.each([
    [
      'port: 8787',
      'port: 65536',
      'vouch.yaml:3: listen.port: expected a whole number from 0 to 65535, got 65536',
    ],
    ['chainId: 31337', 'chainId: one', 'vouch.yaml:7: chain.chainId: expected a whole number'],
    ["'0.05'", "'0.0000001'", 'price.promptPerMtok: expected an amount with at most 6 decimals'],
    [
      'http://127.0.0.1:8000/v1',
      'http://127.0.0.1:8000',
      'upstreams[0].url: expected an OpenAI base URL, which ends in /v1',
    ],
    [
      'apiKeyFile: keys/engine.key',
      'apiKeyEnv: NO_SUCH_VARIABLE',
      'upstreams[0].apiKeyEnv: expected the name of a variable that is set',
    ],
    [
      'manifest: models/llama/manifest.json',
      'manifest: keys/engine.key',
      'manifest: expected a JSON file',
    ],
    [
      'completionTokensMax: 4096',
      'completionTokensMax: 131073',
      'completionTokensMax: expected a whole number from 1 to 131072',
    ],
    [
      '    models:',
      '    operator: "0x01"\n    models:',
      'upstreams[0].operator: expected an address',
    ],
  ])('%s → %s', (from, to, expected) => {
    expect(example).toContain(from)
    expect(() => parse(example.replace(from, to))).toThrow(expected)
  })

  test('and never quotes a key file', () => {
    const key = randomPrivateKey()
    writeFileSync(join(folder.path, 'keys/odd.key'), `${key}00`)
    expect(() => parse(example.replace('keys/signing.key', 'keys/odd.key'))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(key) }),
    )
  })
})
