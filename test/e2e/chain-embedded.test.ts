import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { waitUntilUnused } from '../../src/dev/anvil-process.ts'
import { type EmbeddedChain, startEmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const account = `0x${'11'.repeat(20)}`
const contract = `0x${'22'.repeat(20)}`
const parentScript = fileURLToPath(new URL('../support/embedded-chain-parent.ts', import.meta.url))

let folder: ReturnType<typeof temporaryFolder>
let chains: EmbeddedChain[]
let children: ChildProcess[]

beforeEach(() => {
  folder = temporaryFolder()
  chains = []
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const chain of chains) await chain.stop()
  await waitUntilUnused(folder.path, 5_000)
  folder.remove()
})

async function start(): Promise<EmbeddedChain> {
  const chain = await startChain(folder.path)
  chains.push(chain)
  return chain
}

async function ask(rpc: JsonRpc, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const answer = await rpc.call(method, params)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

/** A process of its own that runs the chain and has mined. */
async function startParent(blocks: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [parentScript, folder.path, String(blocks)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(createInterface({ input: child.stdout }), 'line')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

test('a stop and a start keep balances, code, nonces and the height', async () => {
  const before = await start()
  await ask(before.rpc, 'anvil_setBalance', account, '0x123')
  await ask(before.rpc, 'anvil_setCode', contract, '0x6001')
  await ask(before.rpc, 'anvil_setNonce', account, '0x7')
  await ask(before.rpc, 'anvil_mine', '0x5')
  await before.stop()

  const { rpc } = await start()
  expect(await ask(rpc, 'eth_getBalance', account, 'latest')).toBe('0x123')
  expect(await ask(rpc, 'eth_getCode', contract, 'latest')).toBe('0x6001')
  expect(await ask(rpc, 'eth_getTransactionCount', account, 'latest')).toBe('0x7')
  expect(await ask(rpc, 'eth_blockNumber')).toBe('0x5')
  expect(await ask(rpc, 'eth_chainId')).toBe('0x7a69')
})

test('a start has the port of the last one, unless somebody else has it', async () => {
  const first = await start()
  await first.stop()
  const second = await start()
  expect(second.url).toBe(first.url)
  await second.stop()

  const other = createServer().listen(Number(new URL(first.url).port), '127.0.0.1')
  await once(other, 'listening')
  const third = await start()
  expect(third.url).not.toBe(first.url)
  other.close()
})

test('kill -9 of the parent ends anvil, which keeps its state; a start right after waits for it', async () => {
  await kill(await startParent(2))
  await kill(await startParent(3))
  const { rpc } = await start()
  expect(await ask(rpc, 'eth_blockNumber')).toBe('0x5')
})

test('what was saved survives kill -9 of anvil itself, which is reported', async () => {
  const chain = await start()
  await ask(chain.rpc, 'anvil_mine', '0x4')
  expect(await chain.save()).toEqual({ ok: true, value: undefined })
  await ask(chain.rpc, 'anvil_mine', '0x1')
  process.kill(-chain.processGroupId, 'SIGKILL')
  expect(await chain.exited).toBeTypeOf('string')

  const next = await start()
  expect(await ask(next.rpc, 'eth_blockNumber')).toBe('0x4')
})

test('an exit state that was cut short is passed over for the saved one', async () => {
  const chain = await start()
  await ask(chain.rpc, 'anvil_mine', '0x4')
  await chain.save()
  await chain.stop()
  const exitState = join(folder.path, 'exit-state.json')
  writeFileSync(exitState, readFileSync(exitState).subarray(0, 100))

  const next = await start()
  expect(await ask(next.rpc, 'eth_blockNumber')).toBe('0x4')
})

test('a spoiled state is said, not replaced by a new chain', async () => {
  writeFileSync(join(folder.path, 'state.json'), '{"block":')
  const chain = await startEmbeddedChain(folder.path)
  if (chain.ok) chains.push(chain.value)
  expect(chain).toMatchObject({
    ok: false,
    error: { reason: 'anvil_did_not_start', folder: folder.path },
  })
})

test('a folder is in use as long as its anvil lives', async () => {
  expect(await waitUntilUnused(folder.path, 0)).toBe(true)
  const chain = await start()
  expect(await waitUntilUnused(folder.path, 0)).toBe(false)
  await chain.stop()
  expect(await waitUntilUnused(folder.path, 0)).toBe(true)
  expect(await chain.exited).toBeUndefined()
})
