import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { configWarnings } from '../../../src/cli/config-warnings.ts'
import { goodHead, makeConfigFolder } from '../../support/config-folder.ts'

const quiet = `${goodHead}upstreams:
  - id: engine
    url: http://127.0.0.1:8000/v1
    limits: { concurrency: 8 }
    models:
      - id: m
        contextTokensMax: 8192
        price: { promptPerMtok: 1, completionPerMtok: 1 }
`
const folder = makeConfigFolder()
afterAll(folder.remove)

const warnings = (from = '', to = ''): readonly string[] => {
  expect(quiet).toContain(from)
  return configWarnings(folder.read(quiet.replace(from, to))).map(
    ({ key, message }) => `${key}: ${message}`,
  )
}

test('a file on one machine with limits and private keys has nothing to warn of', () => {
  expect(warnings()).toEqual([])
})

test.each([
  ['http://engine.example/v1', true],
  ['http://8.8.8.8/v1', true],
  ['http://[2606:4700::1111]:8000/v1', true],
  ['https://engine.example/v1', false],
  ['http://engine:8000/v1', false],
  ['http://engine.internal/v1', false],
  ['http://gpu.lan/v1', false],
  ['http://10.0.0.7:8000/v1', false],
  ['http://[::1]:8000/v1', false],
])('%s is said to be read on the way: %s', (url, isWarned) => {
  const found = warnings('http://127.0.0.1:8000/v1', url)
  expect(found).toHaveLength(isWarned ? 1 : 0)
  if (isWarned) expect(found[0]).toMatch(/^upstreams\[0\]\.url: what is said to .* is no TLS$/)
})

test('a public node is warned of twice without TLS and a second one', () => {
  expect(warnings('http://127.0.0.1:8545', 'http://rpc.example/secret-path')).toEqual([
    'chain.rpcUrl: what is said to rpc.example can be read and changed on the way: it is no TLS',
    expect.stringMatching(/^chain\.secondRpcUrl: there is none/),
  ])
  const both = 'https://rpc.example\n  secondRpcUrl: https://rpc.other.example'
  expect(warnings('http://127.0.0.1:8545', both)).toEqual([])
})

test('an open door, an upstream without limits, a model without a price, a public Redis', () => {
  expect(warnings('chain:', 'listen: { host: 0.0.0.0 }\nchain:')).toEqual([
    expect.stringMatching(/^listen\.host: 0\.0\.0\.0 is reached from other machines/),
  ])
  expect(warnings('    limits: { concurrency: 8 }\n', '')).toEqual([
    expect.stringMatching(/^upstreams\[0\]\.limits: engine has none/),
  ])
  expect(
    warnings(
      '{ promptPerMtok: 1, completionPerMtok: 1 }',
      '{ promptPerMtok: 0, completionPerMtok: 0 }',
    ),
  ).toEqual([expect.stringMatching(/^upstreams\[0\]\.models\[0\]\.price: m costs nothing/)])
  const store = "store: { redisUrl: 'redis://user:hunter2@redis.example:6379' }\nchain:"
  const [open] = warnings('chain:', store)
  expect(open).toMatch(/^store: what is said to redis\.example/)
  expect(open).not.toContain('hunter2')
})

test('a key that others may read', () => {
  chmodSync(join(folder.path, 'signing.key'), 0o640)
  expect(warnings()).toEqual([
    expect.stringMatching(/^gateway\.signingKeyFile: others on this machine may open the file/),
    expect.stringMatching(/^gateway\.claimKeyFile: /),
  ])
  chmodSync(join(folder.path, 'signing.key'), 0o600)
})

test('auditors who are shown nothing', () => {
  const named = `audits: { auditors: ['0x${'7'.repeat(40)}'] }\n`
  expect(warnings('upstreams:', `${named}upstreams:`)).toEqual([
    expect.stringMatching(/^audits: without transparency nothing is chosen/),
  ])
  const kept = warnings('upstreams:', `${named}transparency: {}\nupstreams:`)
  expect(kept.filter((line) => line.startsWith('audits'))).toEqual([])
})

test('a log that is anchored by another account than the operator', () => {
  expect(warnings('upstreams:', 'transparency: {}\nupstreams:')).toEqual([
    expect.stringMatching(/^transparency: the claim key is not the operator's own/),
  ])
  const operator = /operator: '(0x[0-9a-fA-F]{40})'/.exec(goodHead)?.[1] ?? 'none'
  const claimer = addressOfPrivateKey(folder.read(quiet).config.gateway.claimKey)
  const own = quiet.replace(operator, claimer).replace('upstreams:', 'transparency: {}\nupstreams:')
  expect(own).toContain(claimer)
  expect(configWarnings(folder.read(own))).toEqual([])
})
