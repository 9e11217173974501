/*
 * The log of a `vouch serve` on a real chain, through its HTTP routes: promised in each receipt, proven, cached, copied,
 * kept over a kill -9, and audited by the command.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { foldHead } from '../../src/chain/log-head-typed-data.ts'
import { receiptDigest, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { runLog } from '../../src/cli/log-command.ts'
import { checkInclusion } from '../../src/client/check-inclusion.ts'
import { readConsistency, readInclusionProof } from '../../src/client/log-documents.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import type { LogHeadDocument, TransparencyLogDocument } from '../../src/domain/log-documents.ts'
import { entriesHashOf } from '../../src/domain/log-entries.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'

const folder = temporaryFolder()
const mirror = join(folder.path, 'mirror')
let place: ServingPlace
let gateway: ServingGateway
let key: string

beforeAll(async () => {
  place = await openServingPlace()
  appendFileSync(place.configPath, `transparency:\n  batchS: 1\n  mirrorFolder: ${mirror}\n`)
  gateway = await place.start()
  expect(await place.signTranche(1_000_000n)).toBe(200)
  key = await place.createApiKey()
})
afterAll(async () => {
  await gateway.kill()
  await place.remove()
  folder.remove()
})

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(place.origin + path, { headers })
const authorized = () => ({ authorization: `Bearer ${key}` })
const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T
const logHead = () => json<TransparencyLogDocument>('/v1/transparency/head')

async function ask(): Promise<string> {
  const answer = await fetch(`${place.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...authorized(), 'content-type': 'application/json' },
    body: JSON.stringify({
      model: place.modelName,
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 4,
    }),
  })
  await answer.arrayBuffer()
  expect(answer.status).toBe(200)
  return answer.headers.get('x-vouch-receipt') ?? ''
}
/** Until the log has the receipt, and the chain the batch. */
async function anchored(receiptId: string): Promise<unknown> {
  let proof: unknown
  await expect
    .poll(
      async () => {
        proof = await (await get(`/v1/receipts/${receiptId}/proof`, authorized())).json()
        return (proof as { log?: LogHeadDocument }).log?.anchor ?? null
      },
      { timeout: 30_000 },
    )
    .not.toBeNull()
  return proof
}
async function receiptOf(receiptId: string) {
  const body = await (await get(`/v1/receipts/${receiptId}`, authorized())).bytes()
  writeFileSync(join(folder.path, `${receiptId}.json`), body)
  return expectOk(parseReceiptDocument(body))
}

describe('a receipt', () => {
  test('promises its anchor, waits for a batch, and has a proof then, for its payer and for who knows it', async () => {
    // Nothing is promised before the chain was looked at.
    await expect.poll(async () => (await logHead()).isPromising).toBe(true)
    const receiptId = await ask()
    const early = await get(`/v1/receipts/${receiptId}/proof`, authorized())
    if (early.status !== 200) {
      expect(early.status).toBe(409)
      expect(early.headers.get('retry-after')).toBe('1')
      expect(await early.json()).toMatchObject({ error: { code: 'receipt_not_logged_yet' } })
    }
    const parsed = await receiptOf(receiptId)
    const { finishedAt } = parsed.receipt.work
    expect(parsed.receipt.anchorBy).toBeGreaterThanOrEqual(finishedAt + 3_600)
    const proof = expectOk(readInclusionProof(await anchored(receiptId)))
    expect(checkInclusion(parsed, proof)).toMatchObject({ ok: true, value: { batch: 0 } })
    expect(proof.log.anchor?.anchoredAt).toBeLessThanOrEqual(parsed.receipt.anchorBy)

    const digest = receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
    const { gatewaySeq } = parsed.receipt
    for (const query of [`digest=${digest}&gatewaySeq=${gatewaySeq}`, `digest=${digest}`]) {
      expect(await json(`/v1/transparency/proof?${query}`)).toEqual(proof)
    }
    expect((await get(`/v1/receipts/${receiptId}/proof`)).status).toBe(401)
  })

  test('that nobody knows has no proof', async () => {
    const digest = `0x${'5'.repeat(64)}`
    for (const [query, status, code] of [
      [`digest=${digest}&gatewaySeq=1`, 404, 'receipt_not_logged'],
      [`digest=${digest}`, 404, 'receipt_not_logged'],
      [`digest=${digest}&gatewaySeq=one`, 400, 'invalid_value'],
      ['gatewaySeq=1', 400, 'invalid_value'],
    ] as const) {
      const answer = await get(`/v1/transparency/proof?${query}`)
      expect(answer.status).toBe(status)
      expect(await answer.json()).toMatchObject({ error: { code } })
    }
    const unknown = await get(`/v1/receipts/${digest}/proof`, authorized())
    expect(unknown.status).toBe(404)
  })
})

describe('the log', () => {
  test('is served to anybody: heads, entries in either form, and consistency', async () => {
    await anchored(await ask())
    const log = await logHead()
    expect(log.batches).toBeGreaterThan(1)
    const first = await json<LogHeadDocument>('/v1/transparency/batches/0')
    const bySuffix = await get('/v1/transparency/batches/0.jsonl')
    const byAccept = await get('/v1/transparency/batches/0', { accept: 'application/x-ndjson' })
    const entries = await bySuffix.text()
    expect(await byAccept.text()).toBe(entries)
    expect(entriesHashOf(entries)).toBe(first.head.entriesHash)
    expect(bySuffix.headers.get('cache-control')).toContain('immutable')
    expect(bySuffix.headers.get('access-control-allow-origin')).toBe('*')
    expect(byAccept.headers.get('vary')).toBe('accept')
    const to = log.batches - 1
    const shown = expectOk(
      readConsistency(await json(`/v1/transparency/consistency?from=0&to=${to}`)),
    )
    expect(shown.batches.reduce(foldHead, shown.from.head.head)).toBe(shown.to.head.head)
    for (const [path, status] of [
      ['batches/9999', 404],
      ['batches/-1', 404],
      ['batches/x.jsonl', 404],
      [`consistency?from=${to}&to=0`, 400],
      ['consistency?from=0&to=9999', 400],
      ['consistency?from=0', 400],
    ] as const) {
      expect((await get(`/v1/transparency/${path}`)).status).toBe(status)
    }
  })

  test('goes on after a kill -9 with what it had, and holds for who audits it', async () => {
    const before = await logHead()
    const late = await ask()
    await gateway.kill()
    gateway = await place.start()
    await anchored(late)
    const after = await logHead()
    expect(after.batches).toBeGreaterThan(before.batches)
    expect(await json('/v1/transparency/batches/0')).toMatchObject({ head: { batch: 0 } })
    const printed: string[] = []
    const print = (line: string) => void printed.push(line)
    const held = await receiptOf(late)
    const url = place.chain().url
    const code = await runLog(
      [
        ...['audit', '--gateway', `${place.origin}/v1`, '--rpc', url, '--against', mirror],
        join(folder.path, `${held.receipt.receiptId}.json`),
      ],
      { terminal: { print, printError: print }, nowMs: Date.now },
    )
    expect(printed.at(-1)).toContain('1 of yours: all holds')
    expect(code).toBe(0)
    // What the gateway mirrored is what it serves.
    const copy = join(folder.path, 'copy')
    expect(
      await runLog(['mirror', copy, '--gateway', place.origin], {
        terminal: { print, printError: print },
        nowMs: Date.now,
      }),
    ).toBe(0)
    expect(printed.at(-1)).toMatch(/^\d+ batches copied/)
  })

  test('is complete when the gateway was stopped: what was promised is anchored before it ends', async () => {
    const receiptId = await ask()
    const { receipt } = await receiptOf(receiptId)
    expect(await gateway.interrupt()).toBe(0)
    gateway = await place.start()
    const proof = expectOk(
      readInclusionProof(await (await get(`/v1/receipts/${receiptId}/proof`, authorized())).json()),
    )
    expect(proof.gatewaySeq).toBe(receipt.gatewaySeq)
    expect(proof.log.anchor).not.toBeNull()
  })
})
