import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { readReceiptsBySeq } from '../../src/store/receipt-rows-sqlite.ts'
import { type DevProcess, runVouch, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

type Book = { readonly charged: string; readonly held: string; readonly claimed: string }
const bookOf = async (dev: DevProcess): Promise<Book> =>
  (await (await dev.get('/v1/billing/channel')).json()) as Book

const countSlowly = {
  model: 'vouch-mini',
  messages: [{ role: 'user' as const, content: 'Tell me about Vouch in many words.' }],
  max_tokens: 60,
  temperature: 1,
  // Many choices make a long answer, so that a checkpoint (64 events) lies in the middle of it.
  n: 8,
}

/** Reads until the answer ended or the connection broke. Answers the receipt's id and whether the end was seen. */
async function readStream(
  dev: DevProcess,
  onEvent: (count: number) => void,
): Promise<{ readonly receiptId: string; readonly ended: boolean }> {
  let receiptId = ''
  let count = 0
  try {
    const { data: stream, response } = await dev.client.chat.completions
      .create({ ...countSlowly, stream: true })
      .withResponse()
    receiptId = response.headers.get('x-vouch-receipt') ?? ''
    for await (const _ of stream) {
      count += 1
      onEvent(count)
    }
    return { receiptId, ended: true }
  } catch {
    return { receiptId, ended: false }
  }
}

test('kill -9 in the middle of answers loses no charge, doubles none, and keeps every receipt whose end was seen', async () => {
  const seen: string[] = []
  let sawCut = 0
  for (const killAtEvent of [3, 20, 90]) {
    const dev = await startDev(folder.path)
    const whole = await readStream(dev, () => {})
    expect(whole.ended).toBe(true)
    seen.push(whole.receiptId)
    let killed: Promise<void> | undefined
    const streams = [1, 2, 3, 4].map(() =>
      readStream(dev, (count) => {
        if (count === killAtEvent) killed ??= dev.kill()
      }),
    )
    for (const { receiptId, ended } of await Promise.all(streams)) {
      if (ended) seen.push(receiptId)
      else sawCut += 1
    }
    await (killed ?? dev.kill())
  }
  expect(sawCut, 'at least one answer was cut').toBeGreaterThan(0)

  const dev = await startDev(folder.path)
  const receipts = await Promise.all(seen.map((receiptId) => dev.receipt(receiptId)))
  expect(receipts.length).toBe(seen.length)
  const book = await bookOf(dev)
  expect(book.held).toBe('0')
  const chained = await dev.client.chat.completions
    .create({ ...countSlowly, max_tokens: 2 })
    .withResponse()
  const last = await dev.receipt(chained.response.headers.get('x-vouch-receipt') ?? '')
  // Σ receipts = Σ charges: the newest receipt's running sum is the book, and its number counts every receipt.
  expect(last.receipt.cumulative).toBe((await bookOf(dev)).charged)
  expect(last.receipt.channelSeq).toBeGreaterThanOrEqual(seen.length + 1)
  const { code } = await dev.interrupt()
  expect(code).toBe(0)
  const { charged, receipts: all } = readLedger()
  expect(all.length).toBeGreaterThan(seen.length)
  expect(all.reduce((sum, { receipt }) => sum + BigInt(receipt.cost), 0n)).toBe(charged)
  expect(all.map(({ receipt }) => receipt.channelSeq)).toEqual(all.map((_, index) => index + 1))
  const cut = all.filter(({ receipt }) => receipt.work.status === 1)
  expect(cut.length, 'what had reached a client by a checkpoint was charged').toBeGreaterThan(0)
  for (const document of cut) {
    expect(BigInt(document.receipt.cost)).toBeGreaterThan(0n)
    expect(document.receipt.work.completionTokens).toBeGreaterThanOrEqual(64)
    const verified = await runVouch(
      ['verify', '-', '--trust', join(folder.path, 'trust.json')],
      JSON.stringify(document),
    )
    expect(verified.code, verified.output).toBe(0)
  }
})

/** The gateway is stopped: its file is read as it lies there. */
function readLedger(): { charged: bigint; receipts: readonly ReceiptDocument[] } {
  const ledger = new DatabaseSync(join(folder.path, 'ledger.db'), { readOnly: true })
  const receipts = readReceiptsBySeq(ledger, { afterSeq: 0, limit: -1 }).map(
    ({ body = '' }) => JSON.parse(body) as ReceiptDocument,
  )
  const charged = BigInt(String(ledger.prepare('SELECT charged FROM channels').get()?.['charged']))
  ledger.close()
  return { charged, receipts }
}

test('Ctrl-C lets an answer in flight end, takes no new one, and exits 0', async () => {
  const dev = await startDev(folder.path)
  let stopped: ReturnType<DevProcess['interrupt']> | undefined
  const answer = await readStream(dev, (count) => {
    if (count === 3) stopped = dev.interrupt()
  })
  expect(answer.ended, 'the whole answer arrived').toBe(true)
  expect((await stopped)?.code).toBe(0)
  const sealed = readLedger().receipts.find(({ receipt }) => receipt.receiptId === answer.receiptId)
  expect(sealed?.receipt.work.status).toBe(0)
})

test('a second start beside the first takes another folder and port; a restart continues with the same key', async () => {
  const first = await startDev(folder.path)
  const other = temporaryFolder()
  const second = await startDev(other.path)
  expect(second.origin).not.toBe(first.origin)
  const firstKey = first.apiKey
  expect((await first.interrupt()).code).toBe(0)
  expect((await second.interrupt()).code).toBe(0)
  other.remove()

  const again = await startDev(folder.path)
  expect(again.apiKey).toBe(firstKey)
  const book = await bookOf(again)
  expect(book.claimed, 'what was charged was claimed when it stopped').toBe(book.charged)
  const block = await jsonRpc(again.rpcUrl).call('eth_blockNumber', [])
  expect(block.ok && Number(block.value)).toBeGreaterThan(5)
  await again.interrupt()
})
