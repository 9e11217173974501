/*
 * What a gateway believes of those who joined, against a real chain with the registry: what an event changes, what a
 * reorganisation takes back, how long it is believed while no node answers, and what all of it costs in calls.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { standingTrustedMs } from '../../src/base/limits.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { activeKeysOf } from '../../src/chain/member-standing.ts'
import { contributorRegistryAt } from '../../src/chain/operator-registry.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { unixSecondsOf } from '../../src/domain/units.ts'
import { RegistryWatch, type WatchedMember } from '../../src/joining/registry-watch.ts'
import { startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { type Registered, register } from '../support/joining-place.ts'
import { type MovableNode, startMovableNode } from '../support/movable-node.ts'

let chain: TestDevChain
let node: MovableNode
let watch: RegistryWatch
let member: Registered
let members: WatchedMember[]
let told: number
let calls: string[]
let logged: string[]
/** Of several nodes behind one URL this one has not seen what is new; undefined: it has. */
let lagsAt: string | undefined
const now = { ms: Date.now() }

beforeAll(async () => {
  chain = await startDevChain()
})
afterAll(() => chain.stop())
beforeEach(async () => {
  node = await startMovableNode(chain.dev.rpcUrl)
  member = await register(chain.dev)
  members = [watched(member)]
  told = 0
  calls = []
  logged = []
  lagsAt = undefined
  now.ms = Date.now()
  const answering = jsonRpc(node.url)
  const rpc: JsonRpc = {
    origin: answering.origin,
    call: (method, params) => {
      calls.push(method)
      const lags = lagsAt !== undefined && method === 'eth_call' && params[1] === 'latest'
      return answering.call(method, lags ? [params[0], lagsAt] : params)
    },
  }
  watch = new RegistryWatch({
    rpc,
    registry: contributorRegistryAt(chain.dev.contracts.contributorRegistry),
    members: () => members,
    onChange: () => {
      told += 1
    },
    log: { info: (event) => void logged.push(event), error: (event) => void logged.push(event) },
    nowMs: () => now.ms,
  })
})
afterEach(async () => {
  await watch.stop()
  await node.stop()
})

const watched = (
  { operator, signingKey }: Registered,
  ...more: readonly WatchedMember['keys'][number][]
) => ({
  operator,
  keys: [addressOfPrivateKey(signingKey), ...more],
})
const standing = () => watch.standingOf(member.operator)
const activeKeys = () => {
  const known = standing()
  return known === undefined ? undefined : activeKeysOf(known, now.ms)
}
/** Looks, and says how often something else was believed then. */
const look = async () => {
  const before = told
  await watch.lookNow()
  return told - before
}

test('nobody joined: no node is asked', async () => {
  members = []
  await look()
  expect(calls).toEqual([])
})

test('every event that changes a standing is seen at the next look, and told once', async () => {
  expect(standing()).toBeUndefined()
  expect(await look()).toBe(1)
  expect(standing()).toMatchObject({ isServing: true, payout: { receiver: member.operator } })
  expect(await look()).toBe(0)
  await member.order('pause')
  expect(await look()).toBe(1)
  expect(standing()?.isServing).toBe(false)
  await member.order('resume')
  expect(await look()).toBe(1)
  expect(standing()?.isServing).toBe(true)
  const next = randomPrivateKey()
  const soonerS = unixSecondsOf(now.ms - 600_000)
  await member.order('addSigningKey', addressOfPrivateKey(next), soonerS)
  members = [watched(member, addressOfPrivateKey(next))]
  expect(await look()).toBe(1)
  expect(activeKeys()).toHaveLength(2)
  await member.order('revokeSigningKey', addressOfPrivateKey(member.signingKey))
  expect(await look()).toBe(1)
  expect(activeKeys()).toEqual([addressOfPrivateKey(next)])
  await member.order('revokeSigningKey', addressOfPrivateKey(next))
  expect(await look()).toBe(1)
  expect(standing()?.isServing).toBe(false)
  expect(activeKeys()).toEqual([])
})

test('what a node that is behind says to whoever joins is not believed for long', async () => {
  await look()
  const before = await jsonRpc(node.url).call('eth_blockNumber', [])
  if (!before.ok) throw new Error('the chain does not answer')
  await member.order('pause')
  expect(await look()).toBe(1)
  expect(standing()?.isServing).toBe(false)
  lagsAt = String(before.value)
  // Anybody may send an order in its name, as often as it takes to come to such a node.
  await watch.ask(watched(member))
  await look()
  expect(standing()?.isServing).toBe(false)
})

test('a key counts from its time on, without an event', async () => {
  const later = randomPrivateKey()
  const fromS = unixSecondsOf(now.ms + 3_600_000)
  await member.order('addSigningKey', addressOfPrivateKey(later), fromS)
  members = [watched(member, addressOfPrivateKey(later))]
  await look()
  expect(activeKeys()).toHaveLength(1)
  now.ms += 3_601_000
  expect(await look()).toBe(1)
  expect(activeKeys()).toHaveLength(2)
})

test('what others do costs no call for each', async () => {
  const other = await register(chain.dev)
  await look()
  calls.splice(0)
  await other.order('pause')
  expect(await look()).toBe(0)
  expect(calls).toEqual(['eth_getBlockByNumber', 'eth_getBlockByNumber', 'eth_getLogs'])
  calls.splice(0)
  await look()
  expect(calls).toEqual(['eth_getBlockByNumber', 'eth_getBlockByNumber'])
})

test('a reorganisation takes back what it said', async () => {
  await look()
  await member.order('pause')
  await look()
  expect(standing()?.isServing).toBe(false)
  const done = await jsonRpc(chain.dev.rpcUrl).call('anvil_reorg', [1, []])
  expect(done.ok).toBe(true)
  expect(await look()).toBe(1)
  expect(standing()?.isServing).toBe(true)
})

test('while no node answers it is believed for a bounded time, and again once one does', async () => {
  await look()
  node.moveTo(undefined)
  await member.order('pause')
  now.ms += standingTrustedMs
  expect(await look()).toBe(0)
  expect(standing()?.isServing).toBe(true)
  now.ms += 1
  expect(await look()).toBe(1)
  expect(standing()).toBeUndefined()
  expect(await look()).toBe(0)
  node.moveTo(chain.dev.rpcUrl)
  expect(await look()).toBe(1)
  expect(standing()?.isServing).toBe(false)
  expect(logged).toEqual(['registry_unseen', 'registry_seen_again'])
})
