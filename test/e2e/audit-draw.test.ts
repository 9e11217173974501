/*
 * What must be opened, computed from a real chain with a real anchor on it; and what a gateway may say that is not so.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BatchToDraw, drawnReceipts } from '../../src/auditor/drawn-batch.ts'
import { encodeCall } from '../../src/chain/contracts.ts'
import { logHeadDigest } from '../../src/chain/log-head-typed-data.ts'
import { receiptAnchorAt } from '../../src/chain/receipt-anchor.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import type { LogHeadDocument } from '../../src/domain/log-documents.ts'
import { logEntriesText } from '../../src/domain/log-entries.ts'
import type { LogHead } from '../../src/domain/log-head.ts'
import { type Address, address, bytes32, signature } from '../../src/domain/units.ts'
import { formBatch } from '../../src/transparency/form-batch.ts'
import { startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { closedAt, someDigests } from '../support/log-batches.ts'
import { gatewayKey } from '../support/signed-receipt.ts'

const digests = someDigests(200)
const gateway = address(`0x${'66'.repeat(20)}`)
const sender = address(`0x${'ab'.repeat(20)}`)
const copier = address(`0x${'cd'.repeat(20)}`)

let dev: TestDevChain
let head: LogHead
let document: LogHeadDocument
let entries: string
let blockNumber: number

const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
  const answer = await dev.chain.rpc.call(method, params)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

/** Resolves with the block that has it. */
async function anchorFrom(account: Address): Promise<number> {
  const contract = receiptAnchorAt(dev.dev.contracts.receiptAnchor)
  const args = [head.root, head.count, head.batch]
  const data = await encodeCall({ contract, functionName: 'anchor', args })
  await ask('anvil_setBalance', account, '0xde0b6b3a7640000')
  await ask('anvil_impersonateAccount', account)
  const hash = await ask('eth_sendTransaction', { from: account, to: contract.address, data })
  await ask('anvil_mine', '0x1')
  const receipt = (await ask('eth_getTransactionReceipt', hash)) as { blockNumber: string }
  return Number(receipt.blockNumber)
}

beforeAll(async () => {
  dev = await startDevChain()
  head = formBatch({ gateway, before: undefined, digests, closedAt })
  entries = logEntriesText(head.firstSeq, digests)
  blockNumber = await anchorFrom(sender)
  const domain = {
    name: 'Vouch Receipts',
    version: '1',
    chainId: dev.dev.chainId,
    verifyingContract: dev.dev.contracts.receiptVerifier,
  }
  document = {
    object: 'vouch.log_head',
    head,
    signature: signDigest(logHeadDigest(receiptDomain(domain), head), gatewayKey),
    domain,
    anchor: {
      contract: dev.dev.contracts.receiptAnchor,
      sender,
      transactionHash: bytes32(`0x${'00'.repeat(32)}`),
      blockNumber,
      anchoredAt: closedAt,
    },
  }
}, 60_000)
afterAll(() => dev.stop())

const draw = (batch: Partial<BatchToDraw> = {}, ratePpm = 500_000) =>
  drawnReceipts(
    {
      rpc: dev.chain.rpc,
      gateway,
      verifier: dev.dev.contracts.receiptVerifier,
      sender,
      confirmations: 2,
      ratePpm,
    },
    { head: document, entries, ...batch },
  )

test('waits until the block that chooses is buried', async () => {
  expect(await draw()).toMatchObject({ ok: false, error: { kind: 'later' } })
  await ask('anvil_mine', '0x8')
  expect(await draw()).toMatchObject({ ok: true })
})

test('draws about as many as the rate says, each as the log has it, and the same each time', async () => {
  const drawn = await draw()
  expect(drawn.ok && drawn.value.length).toBeGreaterThan(60)
  expect(drawn.ok && drawn.value.length).toBeLessThan(140)
  for (const { index, gatewaySeq, digest } of drawn.ok ? drawn.value : []) {
    expect(gatewaySeq).toBe(head.firstSeq + index)
    expect(digest).toBe(digests[index])
  }
  expect(await draw()).toEqual(drawn)
  const all = await draw({}, 1_000_000)
  expect(all.ok && all.value).toHaveLength(200)
})

test('believes nothing that the chain and the head do not say', async () => {
  const copied = await anchorFrom(copier)
  await ask('anvil_mine', '0x8')
  const withAnchor = (anchor: object): LogHeadDocument =>
    ({ ...document, anchor: { ...document.anchor, ...anchor } }) as LogHeadDocument
  const withHead = (change: Partial<LogHead>): LogHeadDocument => ({
    ...document,
    head: { ...head, ...change },
  })
  const swapped = [digests[1], digests[0], ...digests.slice(2)] as typeof digests
  const lies: readonly Partial<BatchToDraw>[] = [
    { head: withAnchor({ blockNumber: blockNumber + 1 }) },
    // The same root, anchored again by another account, whose block would choose others.
    { head: withAnchor({ blockNumber: copied, sender: copier }) },
    { head: withAnchor({ blockNumber: copied }) },
    { head: withHead({ gateway: sender }) },
    { head: withHead({ root: bytes32(`0x${'12'.repeat(32)}`) }) },
    { head: { ...document, signature: signature('0x') } },
    { head: { ...document, domain: { ...document.domain, verifyingContract: sender } } },
    { entries: logEntriesText(head.firstSeq, swapped) },
    { entries: logEntriesText(head.firstSeq, digests.slice(1)) },
    { entries: `${entries} ` },
  ]
  for (const lie of lies) {
    expect(await draw(lie), JSON.stringify(lie).slice(0, 300)).toMatchObject({
      ok: false,
      error: { kind: 'false' },
    })
  }
})
