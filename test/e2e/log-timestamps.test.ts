/*
 * Roots of a log go to the Ethereum Attestation Service as well: its own bytecode, on a real chain.
 */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { deployOnce } from '../../src/chain/deployment.ts'
import { readTimestamp, timestampCall } from '../../src/chain/eas.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import { type Address, address, type Bytes32 } from '../../src/domain/units.ts'
import { timestampInEas } from '../../src/transparency/timestamp-root.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { someDigests } from '../support/log-batches.ts'
import {
  type LogChain,
  type LogProcess,
  openLogProcess,
  startLogChain,
} from '../support/log-place.ts'

const fixture = new URL('../fixtures/eas/eas.json', import.meta.url)
const { bytecode } = JSON.parse(readFileSync(fixture, 'utf8')) as { bytecode: `0x${string}` }
const chainId = 31337
let chain: LogChain
let eas: Address
let stranger: Sender
let folder: ReturnType<typeof temporaryFolder>
let log: LogProcess | undefined

beforeAll(async () => {
  chain = await startLogChain()
  const { rpc } = chain.dev.chain
  stranger = openSender({ rpc, chainId, privateKey: await chain.account() })
  eas = expectOk(
    await deployOnce(rpc, stranger, {
      name: 'EAS',
      abi: ['constructor(address registry)'],
      bytecode,
      // Schemas are no part of timestamps; only zero is refused.
      args: [stranger.address],
    }),
  )
})
afterAll(() => chain.stop())
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  await log?.stop()
  folder.remove()
})

async function open(receipts: readonly Bytes32[], at: Address): Promise<LogProcess> {
  const { rpc } = chain.dev.chain
  log = openLogProcess({
    ...{ chain, folder: folder.path, key: await chain.account(), receipts, receiptsMax: 2 },
    clock: { nowMs: Date.now() },
    timestamp: (sender) => timestampInEas({ rpc, chainId, eas: at, sender }),
  })
  await log.closer.look('all')
  return log
}
const timestampOf = async (root: Bytes32) =>
  expectOk(await readTimestamp(chain.dev.chain.rpc, eas, root))

test('every root that is anchored gets its time there, once, whoever else was there before', async () => {
  const { anchorer, store } = await open(someDigests(4), eas)
  const [first, second] = (await store.batches({ from: 0, limit: 2 })).map(({ head }) => head.root)
  if (first === undefined || second === undefined) throw new Error('two batches')
  expectOk(await sendCall(stranger, timestampCall(eas, second)))
  const earlier = await timestampOf(second)
  for (const batch of [0, 1]) {
    await anchorer.look()
    await anchorer.anchor(batch)
  }
  expect(await anchorer.look()).toEqual({ state: 'even', anchored: 2 })
  expect(await timestampOf(first)).toBeGreaterThan(0)
  expect(await timestampOf(second)).toBe(earlier)
  expect(await store.length()).toEqual({ batches: 2, settled: 2 })
})

test('a service that is not there keeps no batch from the chain; it is asked again', async () => {
  const nobody = address(`0x${'ea'.repeat(20)}`)
  const { anchorer, store } = await open(someDigests(2, 'nobody/'), nobody)
  await anchorer.look()
  expect(await anchorer.anchor(0)).toBe(true)
  expect(await anchorer.look()).toEqual({ state: 'even', anchored: 1 })
  const [batch] = await store.batches({ from: 0, limit: 1 })
  expect(batch?.anchor).toBeDefined()
  expect(await store.length()).toEqual({ batches: 1, settled: 0 })
})
