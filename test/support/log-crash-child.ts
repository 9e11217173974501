/*
 * A process to kill: keeps a log on the chain at argv[2], with its outbox and log in argv[3] (a folder, or the URL of a
 * Redis), and the key in argv[4] that anchors. Five receipts come with each look. Lines: `signed BATCH SIGNATURE` before a
 * signature is kept, and `begin STEP` and `end STEP` around everything that leaves a mark.
 */
import { writeSync } from 'node:fs'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { lastSeqOf } from '../../src/domain/log-head.ts'
import { address } from '../../src/domain/units.ts'
import { openOutbox } from '../../src/settlement/outbox.ts'
import type { LogStore } from '../../src/store/log-store.ts'
import { openRedisLog } from '../../src/store/log-store-redis.ts'
import { openSqliteLog } from '../../src/store/log-store-sqlite.ts'
import { openRedisOutbox } from '../../src/store/outbox-store-redis.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { BatchAnchorer } from '../../src/transparency/anchor-batches.ts'
import { BatchCloser } from '../../src/transparency/close-batches.ts'
import { someDigests } from './log-batches.ts'
import { chainId, gwei, quiet } from './outbox-chain.ts'
import { gatewayKey, gatewayOperator, place } from './signed-receipt.ts'

const [url = '', where = '', keyText = '', anchorText = ''] = process.argv.slice(2)
const privateKey = parsePrivateKey(keyText)
if (privateKey === undefined) throw new Error('no key')
const receiptAnchor = address(anchorText)
/** Straight to the pipe: a line that was said is there even when the process dies with the next instruction. */
const say = (line: string) => writeSync(1, `${line}\n`)
const narrated =
  <Args extends readonly unknown[], T>(step: string, act: (...args: Args) => Promise<T>) =>
  async (...args: Args): Promise<T> => {
    say(`begin ${step}`)
    const result = await act(...args)
    say(`end ${step}`)
    return result
  }
const isRedis = where.startsWith('redis:')
const inRedis = { url: where, keyPrefix: 'crash' }
const kept: LogStore = isRedis ? await openRedisLog(inRedis) : openSqliteLog(`${where}/log.db`)
const outboxStore = isRedis
  ? await openRedisOutbox(inRedis)
  : openSqliteOutbox(`${where}/outbox.db`)
const store: LogStore = {
  length: () => kept.length(),
  addBatch: narrated('add', (head, digests) => kept.addBatch(head, digests)),
  sign: narrated('sign', (batch, signature) => {
    say(`signed ${batch} ${signature}`)
    return kept.sign(batch, signature)
  }),
  noteAnchor: narrated('note', (batch, anchor) => kept.noteAnchor(batch, anchor)),
  settle: narrated('settle', (batches) => kept.settle(batches)),
  batches: (range) => kept.batches(range),
  digests: (batch) => kept.digests(batch),
  close: () => kept.close(),
}
const node = jsonRpc(url)
const rpc = { origin: node.origin, call: narrated('call', node.call) }
const outbox = openOutbox({
  ...{ rpc, chainId, privateKey, store: outboxStore, confirmations: 1, log: quiet },
  feeWeiMax: 1_000n * gwei,
  nowMs: Date.now,
})
let given = 0
const closer = new BatchCloser({
  store,
  digestsAfter: async ({ afterSeq, limit }) =>
    someDigests(Math.min(given, afterSeq + limit)).slice(afterSeq),
  signer: { gateway: gatewayOperator, domain: receiptDomain(place), privateKey: gatewayKey },
  policy: { receiptsMax: 7, everyMs: 3_600_000 },
  nowMs: Date.now,
})
const { sender } = outbox
const anchorer = new BatchAnchorer({
  ...{ store, rpc, chainId, receiptAnchor, sender, confirmations: 1, log: quiet },
})

for (;;) {
  const { batches } = await kept.length()
  const [newest] = await kept.batches({ from: Math.max(0, batches - 1), limit: 1 })
  given = Math.max(given, newest === undefined ? 0 : lastSeqOf(newest.head)) + 5
  await closer.look()
  const standing = await anchorer.look()
  if (standing.state === 'forked') say(`forked ${standing.detail}`)
  if (standing.state === 'even' && standing.anchored < (await kept.length()).batches) {
    await anchorer.anchor(standing.anchored)
  }
}
