/*
 * A `vouch serve` whose data folder was brought back from an older copy: its next receipts would bear numbers that are
 * given, which convicts it, so it gives none.
 */
import { appendFileSync, cpSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCall } from '../../src/chain/contracts.ts'
import { receiptAnchorAt } from '../../src/chain/receipt-anchor.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'

const copies = temporaryFolder()
let place: ServingPlace
let data: string
let gateway: ServingGateway | undefined
let key: string

beforeAll(async () => {
  place = await openServingPlace()
  data = dirname(place.ledgerPath)
  appendFileSync(place.configPath, 'transparency:\n  batchS: 1\n')
  gateway = await place.start()
  expect(await place.signTranche(1_000_000n)).toBe(200)
  key = await place.createApiKey()
  await answered()
  await stop()
  cpSync(data, join(copies.path, 'older'), { recursive: true })
  gateway = await place.start()
  await answered()
  await stop()
  cpSync(data, join(copies.path, 'newest'), { recursive: true })
})
afterAll(async () => {
  await gateway?.kill()
  await place.remove()
  copies.remove()
})

/** What waits is anchored first. */
async function stop(): Promise<void> {
  expect(await gateway?.interrupt()).toBe(0)
  gateway = undefined
}

const ask = (): Promise<Response> =>
  fetch(`${place.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: place.modelName,
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 4,
    }),
  })

async function answered(): Promise<void> {
  const answer = await ask()
  await answer.arrayBuffer()
  expect(answer.status).toBe(200)
}

function bringBack(copy: 'older' | 'newest', files: RegExp): void {
  rmSync(data, { recursive: true })
  cpSync(join(copies.path, 'newest'), data, {
    recursive: true,
    filter: (path) => !files.test(path),
  })
  cpSync(join(copies.path, copy), data, {
    recursive: true,
    filter: (path) => !path.includes('.db') || files.test(path),
  })
}

const startedNot = async (why: RegExp): Promise<void> => {
  const started = place.start()
  await expect(started).rejects.toThrow(why)
  await expect(started).rejects.toThrow(/Put the newest copy of both in place/)
}

describe('a gateway does not start', () => {
  test('with the whole folder of an earlier moment', async () => {
    bringBack('older', /\.db/)
    await startedNot(/has anchored 2 batches, this log has 1/)
  })

  test('nor with the ledger of one', async () => {
    bringBack('older', /ledger\.db/)
    await startedNot(/the log has receipt 2, and the ledger has not/)
  })

  test('nor with the log of one', async () => {
    bringBack('older', /log\.db/)
    await startedNot(/has anchored 2 batches, this log has 1/)
  })
})

test('with the newest copy it goes on where it was', async () => {
  bringBack('newest', /\.db/)
  gateway = await place.start()
  await answered()
  await stop()
})

test('refuses requests once its account has anchored what is not in its log', async () => {
  gateway = await place.start()
  await anchorElsewhere(3)
  // Its own next batch is where it looks at the chain again.
  await answered()
  const readiness = async () => (await fetch(`${place.origin}/health/ready`)).status
  await expect.poll(readiness, { timeout: 30_000 }).toBe(503)
  const refused = await ask()
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ error: { code: 'log_forked' } })
  await stop()
})

/** As somebody does who has the claim key, or another gateway that was given it. */
async function anchorElsewhere(batch: number): Promise<void> {
  const { addresses, contracts } = place.devChain
  const { rpc } = place.chain()
  const contract = receiptAnchorAt(contracts.receiptAnchor)
  const root = `0x${'ab'.repeat(32)}`
  const data = await encodeCall({ contract, functionName: 'anchor', args: [root, 1, batch] })
  const from = addresses.gatewayOperator
  expectOk(await rpc.call('anvil_impersonateAccount', [from]))
  const sent = [{ from, to: contract.address, data }]
  const hash = String(expectOk(await rpc.call('eth_sendTransaction', sent)))
  const isThere = async () => expectOk(await rpc.call('eth_getTransactionReceipt', [hash]))
  await expect.poll(isThere, { timeout: 30_000 }).toMatchObject({ status: '0x1' })
}
