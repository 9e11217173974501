import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atomic, unixSeconds } from '../../src/domain/units.ts'
import type { SettlementStatus } from '../../src/settlement/settlement-status.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { channelIdOf, holdOf, openSignedChannel, sealNote } from '../support/channels.ts'
import { runVouch } from '../support/dev-process.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'

/*
 * The operator's commands where several gateways share their books in Redis: the configuration says where those are.
 */

const account = (digit: string) => `0x${digit.repeat(40)}`
const channelId = channelIdOf(0)
let server: RedisServer
let folder: string
let config: string

beforeAll(async () => {
  server = await startRedisServer()
  folder = mkdtempSync(join(tmpdir(), 'vouch-books-'))
  config = join(folder, 'vouch.yaml')
  writeFileSync(join(folder, 'any.key'), `0x${'1'.repeat(64)}`, { mode: 0o600 })
  writeFileSync(
    config,
    `store:
  redisUrl: ${server.url}
chain:
  rpcUrl: http://127.0.0.1:9
  chainId: 31337
  receiptVerifier: '${account('1')}'
  gatewayRegistry: '${account('2')}'
  contributorRegistry: '${account('3')}'
  asset: '${account('4')}'
gateway:
  operator: '${account('5')}'
  signingKeyFile: any.key
  receiver: '${account('6')}'
  claimKeyFile: any.key
upstreams:
  - id: plain
    url: http://127.0.0.1:9/v1
    models:
      - id: m
        contextTokensMax: 8192
        price: { promptPerMtok: '1', completionPerMtok: '1' }
`,
  )
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

test('keys are made, listed and revoked where all gateways look for them', async () => {
  const create = ['keys', 'create', '--channel', channelId, '--label', 'shared', '--config', config]
  const created = await runVouch(create)
  expect(created.code, created.output).toBe(0)
  const [, keyId = ''] = /^(key_\w+) {2}sk-vouch-/.exec(created.output) ?? []
  const listed = await runVouch(['keys', 'list', '--config', config])
  expect(listed.output).toContain(`${keyId}  ${channelId}  expires never  shared`)
  expect((await runVouch(['keys', 'revoke', keyId, '--config', config])).code).toBe(0)
  expect((await runVouch(['keys', 'list', '--config', config])).output).toContain('revoked')
})

test('settlement status shows the shared books, and two places at once are refused', async () => {
  const url = server.url
  const ledger = await openRedisLedger({ url, keyPrefix: 'vouch' })
  await openSignedChannel(ledger, channelId, 100n)
  await ledger.hold(holdOf('r', channelId, 10n))
  await (await ledger.charge('r', atomic(7n), sealNote('r')))?.durable
  const leaving = { balance: atomic(100n), totalClaimed: atomic(0n) }
  await ledger.observeChain(channelId, { ...leaving, withdrawFinalAtS: unixSeconds(1_800_000_000) })
  await ledger.close()
  const shown = await runVouch(['settlement', 'status', '--json', '--config', config])
  expect(shown.code, shown.output).toBe(0)
  const status = JSON.parse(shown.output) as SettlementStatus
  expect(status.unclaimed).toEqual([{ channelId, amount: '7' }])
  expect(status.withdrawals).toMatchObject([{ channelId, finalAtS: 1_800_000_000, unclaimed: '7' }])
  const both = ['settlement', 'status', '--data', folder, '--config', config]
  expect((await runVouch(both)).code).toBe(2)
})
