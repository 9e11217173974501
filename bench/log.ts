/*
 * What the transparency log costs: a batch of the largest size, a proof, an audited batch, and the gas of an anchor on a
 * development chain. Medians; nothing of it is on a request's way.
 *
 *   node bench/log.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { receiptAnchorAt } from '../src/chain/receipt-anchor.ts'
import { receiptDigest, receiptDomain } from '../src/chain/receipt-typed-data.ts'
import { siblingsOf } from '../src/chain/sorted-merkle-tree.ts'
import { openSender, sendCall } from '../src/chain/transactions.ts'
import { judgeBatch } from '../src/client/audit-log-batch.ts'
import { checkInclusion } from '../src/client/check-inclusion.ts'
import { batchReceiptsMax, logEntriesText } from '../src/domain/log-entries.ts'
import { openSqliteLog } from '../src/store/log-store-sqlite.ts'
import { formBatch, treeOf } from '../src/transparency/form-batch.ts'
import { LogReader } from '../src/transparency/log-reader.ts'
import { closedAt, proofIn, signedHead, someDigests } from '../test/support/log-batches.ts'
import { startLogChain } from '../test/support/log-place.ts'
import { gatewayOperator, place, signReceipt } from '../test/support/signed-receipt.ts'
import { median } from './statistics.ts'

const rounds = 21
const print = (name: string, text: string): void => {
  process.stdout.write(`${name.padEnd(52)} ${text}\n`)
}

async function measure(name: string, act: () => unknown, times = 1): Promise<void> {
  const ms: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    for (let time = 0; time < times; time += 1) await act()
    ms.push((performance.now() - startedAt) / times)
  }
  const each = median(ms)
  print(name, each < 0.5 ? `${(each * 1000).toFixed(1)} µs` : `${each.toFixed(1)} ms`)
}

const parsed = signReceipt()
const digest = receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
const index = parsed.receipt.gatewaySeq - 1
const digests = someDigests(batchReceiptsMax).with(index, digest)
const head = formBatch({ gateway: gatewayOperator, before: undefined, digests, closedAt })
const tree = treeOf(digests)
const entries = logEntriesText(1, digests)
const proof = proofIn({ head, digests }, index)

await measure('tree of 4,096 receipts', () => treeOf(digests))
await measure('batch of 4,096: tree, fold, hash of the entries', () =>
  formBatch({ gateway: gatewayOperator, before: undefined, digests, closedAt }),
)
await measure('siblings of one receipt, tree at hand', () => siblingsOf(tree, index), 1000)
await measure(
  'check of a proof, with the signature of its head',
  () => checkInclusion(parsed, proof),
  100,
)
await measure('audit of a batch of 4,096, offline', () =>
  judgeBatch(signedHead(head), entries, 'first'),
)

const folder = mkdtempSync(join(tmpdir(), 'vouch-bench-'))
const store = openSqliteLog(join(folder, 'log.db'))
await store.addBatch(head, digests)
const { signature, domain } = signedHead(head)
await store.sign(0, signature)
const at = { gatewaySeq: index + 1, digest }
const reader = new LogReader(store, domain)
await measure('proof from the store, tree remembered', () => reader.proof(at), 50)
await measure('proof from the store, tree built', async () =>
  new LogReader(store, domain).proof(at),
)
await store.close()
rmSync(folder, { recursive: true })

const chain = await startLogChain()
const { rpc } = chain.dev.chain
const sender = openSender({ rpc, chainId: place.chainId, privateKey: await chain.account() })
const contract = receiptAnchorAt(chain.receiptAnchor)
for (const batch of [0, 1, 2]) {
  const [root] = someDigests(1, `root ${batch}`)
  const sent = await sendCall(sender, {
    contract,
    functionName: 'anchor',
    args: [root, 4096, batch],
  })
  if (!sent.ok) throw new Error(JSON.stringify(sent.error))
  const receipt = await chain.ask('eth_getTransactionReceipt', sent.value.transactionHash)
  const { gasUsed } = receipt as { readonly gasUsed: string }
  print(`gas of anchor, batch ${batch} of the account`, Number(gasUsed).toLocaleString('en-US'))
}
await chain.stop()
