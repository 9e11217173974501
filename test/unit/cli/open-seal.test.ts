import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSeal } from '../../../src/cli/open-seal.ts'
import { rotateSecret } from '../../../src/cli/rotate-secret.ts'
import type { GatewayConfig } from '../../../src/config.ts'
import { closedLending } from '../../../src/config-lending.ts'
import { parseSealSecrets, sealSecretLine } from '../../../src/domain/seal-secret.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const place = { contributorId: 'key-1', baseUrl: 'https://api.example.com/v1' }
let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const configOf = (change: Partial<GatewayConfig> = {}) =>
  ({ dataFolder: folder.path, ...change }) as GatewayConfig
const file = () => join(folder.path, 'contributor-secret')

test('a gateway by itself makes a secret for its owner alone, once', () => {
  const sealed = openSeal(configOf())?.seal('sk-x', place) ?? ''
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(openSeal(configOf())?.open(sealed, place)).toBe('sk-x')
})

test('configured secrets go before it, and gateways that share a store make none', () => {
  const secrets = [{ version: 1, secret: new Uint8Array(32) }]
  const store = { redisUrl: 'redis://127.0.0.1:1', keyPrefix: 'x' }
  const lending = { ...closedLending, sealSecrets: secrets }
  const sealed = openSeal(configOf({ lending, store }))?.seal('sk-x', place) ?? ''
  expect(openSeal(configOf({ lending }))?.open(sealed, place)).toBe('sk-x')
  expect(openSeal(configOf({ store }))).toBeUndefined()
  expect(openSeal(configOf())?.open(sealed, place)).toBeUndefined()
})

test('a file that holds something else is named and not quoted', () => {
  writeFileSync(file(), 'planted-secret')
  const open = () => openSeal(configOf())
  expect(open).toThrow(`${file()} has no secrets: expected lines of version:64 hex digits`)
  expect(open).not.toThrow(/planted/)
})

test('rotation adds the next version, and keeps the newest when the older ones are forgotten', () => {
  const sealed = openSeal(configOf())?.seal('sk-x', place) ?? ''
  expect(rotateSecret(file())[0]).toContain('has secret 2 now')
  const both = openSeal(configOf())
  expect([both?.open(sealed, place), both?.isNewest(sealed)]).toEqual(['sk-x', false])
  rotateSecret(file(), true)
  expect(readFileSync(file(), 'utf8')).toMatch(/^2:[0-9a-f]{64}\n$/)
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(openSeal(configOf())?.open(sealed, place)).toBeUndefined()
})

test('secrets are lines of version and 32 bytes, and nothing else', () => {
  const line = sealSecretLine({ version: 255, secret: new Uint8Array(32).fill(1) })
  expect(parseSealSecrets(`${line}\n`)).toMatchObject([{ version: 255 }])
  const bad = ['', '0:', line.replace('255', '0'), line.replace('255', '256'), line.slice(0, -1)]
  for (const text of [...bad, `${line}\n${line}`, line.toUpperCase().replace('255:', '255:G')]) {
    expect([text, parseSealSecrets(text)]).toEqual([text, undefined])
  }
})
