import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { foldHead } from '../../src/chain/log-head-typed-data.ts'
import {
  readAnchoredBatches,
  readAnchoredChain,
  readRootAnchoredAt,
  receiptAnchorAt,
} from '../../src/chain/receipt-anchor.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { type Bytes32, zeroBytes32 } from '../../src/domain/units.ts'
import type { LogStore } from '../../src/store/log-store.ts'
import { openSqliteLog } from '../../src/store/log-store-sqlite.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { someDigests } from '../support/log-batches.ts'
import {
  batchEveryMs,
  type LogChain,
  type LogProcess,
  type LogProcessTerms,
  openLogProcess,
  startLogChain,
} from '../support/log-place.ts'
import { startMovableNode } from '../support/movable-node.ts'

let chain: LogChain
let key: Awaited<ReturnType<LogChain['account']>>
let folder: ReturnType<typeof temporaryFolder>
let receipts: Bytes32[]
let clock: { nowMs: number }
const running = new Set<LogProcess>()

beforeAll(async () => {
  chain = await startLogChain()
})
afterAll(() => chain.stop())
beforeEach(async () => {
  key = await chain.account()
  folder = temporaryFolder()
  receipts = []
  clock = { nowMs: Date.now() }
})
afterEach(async () => {
  for (const one of running) await one.stop()
  running.clear()
  folder.remove()
})

function open(terms: Partial<LogProcessTerms> = {}): LogProcess {
  const one = openLogProcess({ chain, folder: folder.path, key, receipts, clock, ...terms })
  running.add(one)
  return one
}
const end = async (one: LogProcess) => {
  running.delete(one)
  await one.stop()
}
const onChain = async ({ sender }: LogProcess) =>
  expectOk(
    await readAnchoredChain(chain.dev.chain.rpc, { receiptAnchor: chain.receiptAnchor, sender }),
  )
/** Closes everything and anchors it, step by step. */
async function publish({ closer, anchorer, store }: LogProcess): Promise<void> {
  await closer.look('all')
  for (;;) {
    const standing = await anchorer.look()
    if (standing.state !== 'even') throw new Error(standing.state)
    if (standing.anchored === (await store.length()).batches) return
    await anchorer.anchor(standing.anchored)
  }
}

/** As a process that is killed before it has signed. */
const withoutSigning = (store: LogStore): LogStore => ({
  length: () => store.length(),
  addBatch: (head, digests) => store.addBatch(head, digests),
  sign: () => Promise.reject(new Error('killed')),
  noteAnchor: (batch, anchor) => store.noteAnchor(batch, anchor),
  settle: (batches) => store.settle(batches),
  batches: (range) => store.batches(range),
  digests: (batch) => store.digests(batch),
  close: () => store.close(),
})

describe('a log', () => {
  test('closes a batch when it is full, or a minute after its first receipt', async () => {
    const log = open({ receiptsMax: 3 })
    receipts.push(...someDigests(7))
    await log.closer.look()
    expect(await log.store.length()).toMatchObject({ batches: 2 })
    clock.nowMs += batchEveryMs - 1
    await log.closer.look()
    expect(await log.store.length()).toMatchObject({ batches: 2 })
    clock.nowMs += 1
    const newest = await log.closer.look()
    expect(newest?.head).toMatchObject({ batch: 2, firstSeq: 7, count: 1 })
    expect(log.closer.waitingSinceMs).toBeUndefined()
  })

  test('is on the chain as it is signed: every root, every count, and the fold of all', async () => {
    const log = open({ receiptsMax: 4 })
    receipts.push(...someDigests(9))
    await publish(log)
    const batches = await log.store.batches({ from: 0, limit: 10 })
    expect(batches).toHaveLength(3)
    const { rpc } = chain.dev.chain
    const place = { receiptAnchor: chain.receiptAnchor, sender: log.sender }
    const events = expectOk(await readAnchoredBatches(rpc, place, { from: 0, to: 'latest' }))
    expect(events.map(({ root, batch, count, head }) => ({ root, batch, count, head }))).toEqual(
      batches.map(({ head: { root, batch, count, head } }) => ({ root, batch, count, head })),
    )
    const fold = batches.reduce((before, { head }) => foldHead(before, head), zeroBytes32)
    expect(await onChain(log)).toEqual({ head: fold, batches: 3 })
    expect(await log.store.length()).toEqual({ batches: 3, settled: 3 })
    for (const { head, anchor } of batches) {
      const anchoredAt = expectOk(await readRootAnchoredAt(rpc, chain.receiptAnchor, head.root))
      expect(anchor).toMatchObject({ sender: log.sender, anchoredAt })
    }
  })

  test('every receipt in it has a proof that the contract takes', async () => {
    const log = open({ receiptsMax: 5 })
    receipts.push(...someDigests(8))
    await publish(log)
    const { readContract } = await import('../../src/chain/contracts.ts')
    for (const [index, digest] of receipts.entries()) {
      const proof = expectOk(await log.reader.proof({ gatewaySeq: index + 1, digest }))
      if (proof === undefined) throw new Error('no proof')
      const [anchoredAt] = expectOk(
        await readContract(chain.dev.chain.rpc, {
          contract: receiptAnchorAt(chain.receiptAnchor),
          functionName: 'anchoredAtOf',
          args: [digest, proof.log.head.root, proof.siblings],
        }),
      )
      expect(anchoredAt).toBe(BigInt(proof.log.anchor?.anchoredAt ?? 0))
      expect(await log.reader.find(digest)).toBe(index + 1)
      expect(await log.reader.proofOfRecent(digest)).toEqual({ ok: true, value: proof })
    }
    expect(
      expectOk(await log.reader.proof({ gatewaySeq: 2, digest: receipts[0] as Bytes32 })),
    ).toBeUndefined()
    expect(
      expectOk(await log.reader.proof({ gatewaySeq: 9, digest: receipts[0] as Bytes32 })),
    ).toBeUndefined()
    expect(expectOk(await log.reader.proofOfRecent(zeroBytes32))).toBeUndefined()
    expect(await log.reader.find(zeroBytes32)).toBeUndefined()
  })

  test('that several processes keep is one: each batch once, in the store and on the chain', async () => {
    const first = open({ receiptsMax: 4 })
    const other = open({ receiptsMax: 4 })
    for (let round = 0; round < 4; round += 1) {
      receipts.push(...someDigests(5, `${round}/`))
      await Promise.all([publish(first), publish(other)])
    }
    const batches = await first.store.batches({ from: 0, limit: 100 })
    expect(batches.reduce((sum, { head }) => sum + head.count, 0)).toBe(20)
    expect(await onChain(first)).toEqual({
      head: batches.at(-1)?.head.head,
      batches: batches.length,
    })
    for (const { signature } of batches) expect(signature).toBeDefined()
  })

  test('goes on where a process died between closing and signing', async () => {
    const died = open()
    receipts.push(...someDigests(3))
    const half = open({ store: withoutSigning(died.store) })
    await expect(half.closer.look('all')).rejects.toThrow('killed')
    receipts.push(...someDigests(2, 'later/'))
    clock.nowMs += 5_000
    const [left] = await died.store.batches({ from: 0, limit: 1 })
    expect(left?.signature).toBeUndefined()
    expect(await died.reader.newest()).toBeUndefined()
    await publish(died)
    const batches = await died.store.batches({ from: 0, limit: 5 })
    // What was closed stays what it was, with the receipts and the time that it had then.
    expect(batches.map(({ head }) => head.count)).toEqual([3, 2])
    expect(batches[0]?.head).toEqual(left?.head)
    expect(batches[0]?.signature).toBeDefined()
  })

  test('is brought to the chain by whoever comes next, however far behind that is', async () => {
    const died = open({ receiptsMax: 2 })
    receipts.push(...someDigests(10))
    await died.closer.look()
    await died.anchorer.look()
    await died.anchorer.anchor(0)
    await end(died)
    const next = open({ receiptsMax: 2 })
    await publish(next)
    expect(await onChain(next)).toMatchObject({ batches: 5 })
    expect(await next.store.length()).toEqual({ batches: 5, settled: 5 })
  })

  test('finds what another program has anchored with the same key, and goes on from there', async () => {
    const log = open({ receiptsMax: 2 })
    receipts.push(...someDigests(4))
    await log.closer.look('all')
    const [first] = await log.store.batches({ from: 0, limit: 1 })
    const { rpc } = chain.dev.chain
    const other = openSender({ rpc, chainId: 31337, privateKey: key })
    const contract = receiptAnchorAt(chain.receiptAnchor)
    const args = [first?.head.root, first?.head.count, 0]
    const { transactionHash } = expectOk(
      await sendCall(other, { contract, functionName: 'anchor', args }),
    )
    await publish(log)
    const [found] = await log.store.batches({ from: 0, limit: 1 })
    expect(found?.anchor).toMatchObject({ transactionHash, sender: log.sender })
    expect(await onChain(log)).toMatchObject({ batches: 2 })
    expect(await log.store.length()).toEqual({ batches: 2, settled: 2 })
  })

  test('comes back to the chain after a reorganisation', async () => {
    const log = open({ confirmations: 3 })
    receipts.push(...someDigests(3))
    await publish(log)
    expect(await log.store.length()).toEqual({ batches: 1, settled: 0 })
    await chain.ask('anvil_mine', '0x1')
    await chain.ask('anvil_reorg', 2, [])
    expect(await onChain(log)).toMatchObject({ batches: 0 })
    await publish(log)
    expect(await onChain(log)).toMatchObject({ batches: 1 })
    await chain.ask('anvil_mine', '0x3')
    await log.anchorer.look()
    expect(await log.store.length()).toEqual({ batches: 1, settled: 1 })
  })

  test('and after one that took what was final', async () => {
    const log = open()
    receipts.push(...someDigests(3))
    await publish(log)
    expect(await log.store.length()).toEqual({ batches: 1, settled: 1 })
    await chain.ask('anvil_reorg', 1, [])
    expect(await onChain(log)).toMatchObject({ batches: 0 })
    await chain.ask('anvil_mine', '0x2')
    await publish(log)
    expect(await onChain(log)).toMatchObject({ batches: 1 })
  })

  test('signs nothing where the account has anchored another log', async () => {
    const log = open()
    receipts.push(...someDigests(3))
    await publish(log)
    await end(log)
    receipts.splice(0, 3, ...someDigests(3, 'others/'))
    const elsewhere = temporaryFolder()
    const other = open({ folder: elsewhere.path })
    const publisher = other.publisher()
    await publisher.publishNow()
    expect(publisher.promiseS()).toBe(0)
    expect(publisher.report().verdict).toBe('forked')
    expect(await other.store.length()).toMatchObject({ batches: 0 })
    // The same where both have as many batches.
    const store = openSqliteLog(`${elsewhere.path}/other.db`)
    const third = open({ folder: elsewhere.path, store })
    await third.closer.look('all')
    expect(await third.anchorer.look()).toMatchObject({ state: 'forked' })
    await end(other)
    await end(third)
    await store.close()
    elsewhere.remove()
  })

  test('promises while it keeps up, and not while it cannot anchor', async () => {
    const log = open()
    const publisher = log.publisher()
    expect(publisher.promiseS()).toBe(0)
    await publisher.lookNow()
    expect(publisher.promiseS()).toBe(3_600)
    await chain.ask('anvil_setBalance', log.sender, '0x0')
    receipts.push(...someDigests(3))
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ batches: 1, anchored: 0, verdict: 'promising' })
    clock.nowMs += 30 * batchEveryMs
    expect(publisher.report().verdict).toBe('late')
    expect(publisher.promiseS()).toBe(0)
    await chain.ask('anvil_setBalance', log.sender, `0x${(10n ** 20n).toString(16)}`)
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ batches: 1, anchored: 1, waitingMs: 0 })
    expect(publisher.promiseS()).toBe(3_600)
  })

  test('promises again where another process has anchored what was late', async () => {
    const log = open()
    const publisher = log.publisher()
    await chain.ask('anvil_setBalance', log.sender, '0x0')
    receipts.push(...someDigests(3))
    await publisher.publishNow()
    clock.nowMs += 31 * batchEveryMs
    expect(publisher.promiseS()).toBe(0)
    await chain.ask('anvil_setBalance', log.sender, `0x${(10n ** 20n).toString(16)}`)
    await publish(open())
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ anchored: 1, verdict: 'promising', waitingMs: 0 })
  })

  test('closes batches while the chain is gone, once it was seen, and anchors them when it is back', async () => {
    const node = await startMovableNode(chain.dev.chain.url)
    const log = open({ rpc: jsonRpc(node.url) })
    const publisher = log.publisher()
    node.moveTo(undefined)
    await publisher.lookNow()
    receipts.push(...someDigests(3))
    // Whether the account has anchored anything is not known yet: nothing is signed.
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ batches: 0, verdict: 'starting' })
    node.moveTo(chain.dev.chain.url)
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ batches: 1, anchored: 1, verdict: 'promising' })
    node.moveTo(undefined)
    receipts.push(...someDigests(2, 'later/'))
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ batches: 2, anchored: 1, verdict: 'promising' })
    clock.nowMs += 31 * batchEveryMs
    expect(publisher.report()).toMatchObject({ verdict: 'late' })
    node.moveTo(chain.dev.chain.url)
    await publisher.publishNow()
    expect(publisher.report()).toMatchObject({ batches: 2, anchored: 2, verdict: 'promising' })
    await end(log)
    await node.stop()
  })

  test('is anchored anew, from the first batch on, by another account', async () => {
    const log = open({ receiptsMax: 2 })
    receipts.push(...someDigests(4))
    await publish(log)
    await end(log)
    const other = open({ receiptsMax: 2, key: await chain.account() })
    expect(other.sender).not.toBe(log.sender)
    receipts.push(...someDigests(2, 'more/'))
    await publish(other)
    expect(await onChain(other)).toMatchObject({ batches: 3 })
    const batches = await other.store.batches({ from: 0, limit: 3 })
    expect(new Set(batches.map(({ anchor }) => anchor?.sender))).toEqual(new Set([other.sender]))
  })
})
