import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkLogged } from '../../../src/client/check-logged.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { logEntriesText } from '../../../src/domain/log-entries.ts'
import { unixSeconds } from '../../../src/domain/units.ts'
import { formBatch } from '../../../src/transparency/form-batch.ts'
import {
  closedAt,
  proofIn,
  signedHead,
  someBatches,
  someDigests,
} from '../../support/log-batches.ts'
import {
  contributorKey,
  finishedAt,
  gatewayKey,
  gatewayOperator,
  place,
  signReceipt,
  verificationOf,
} from '../../support/signed-receipt.ts'

const inLog = signReceipt({ receipt: { anchorBy: unixSeconds(finishedAt + 30) } })
const { receiptDigest } = recoverSigners(inLog)

/** A log of one batch, whose 41st receipt is this one. */
const digests = [...someDigests(40), receiptDigest, ...someDigests(9, 'later')]
const head = formBatch({ gateway: gatewayOperator, before: undefined, digests, closedAt })
const proof = proofIn({ head, digests }, 40)

let answer: { readonly status: number; readonly body: unknown }
/** What is served below /v1/transparency beside the proof; of what is not there, 404. */
let served: Readonly<Record<string, unknown>>
const asked: string[] = []
let server: Server
let origin: string

beforeAll(async () => {
  server = createServer(({ url = '' }, outgoing) => {
    asked.push(url)
    const path = url.slice('/v1/transparency/'.length)
    const { status, body } = path.startsWith('proof?')
      ? answer
      : { status: path in served ? 200 : 404, body: served[path] ?? noProof }
    outgoing.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  answer = { status: 200, body: proof }
  served = {}
})

const noProof = { error: { message: 'not yet', code: 'not_in_log', type: 'x', param: null } }

/** A whole log as it is served, newest batch last. */
function serveLog(batches: ReturnType<typeof someBatches>, key = gatewayKey) {
  const newest = batches.at(-1)
  const log = newest === undefined ? null : signedHead(newest.head, key)
  served = Object.fromEntries(
    batches.flatMap(({ head, digests }) => [
      [`batches/${head.batch}`, signedHead(head, key)],
      [`batches/${head.batch}.jsonl`, logEntriesText(head.firstSeq, digests)],
    ]),
  )
  const domain = { name: 'Vouch Receipts', version: '1', ...place }
  const accounts = { receiptAnchor: gatewayOperator, sender: gatewayOperator }
  const counted = { batches: batches.length, anchoredBatches: 0, promiseS: 3_600 }
  const object = 'vouch.transparency_log'
  const facts = { object, gateway: gatewayOperator, domain, isPromising: true, head: log }
  served = { ...served, head: { ...facts, ...accounts, ...counted } }
  answer = { status: 404, body: noProof }
}

async function lineOf(parsed: ParsedReceipt = inLog, place: string | undefined = origin) {
  const lines = await checkLogged({
    verification: verificationOf(parsed),
    signers: recoverSigners(parsed),
    gateway: place === undefined ? undefined : { origin: place, authorization: 'Bearer sk-secret' },
    rpc: undefined,
  })
  const [line] = lines
  return line === undefined ? 'no line' : `${line.check} ${line.verdict}: ${line.detail}`
}

describe('the line about the log', () => {
  test('holds for a receipt in a head that its own key signed', async () => {
    expect(await lineOf()).toMatch(/^inclusion holds: in batch 0 of the log/)
    expect(asked.at(-1)).toContain(`/v1/transparency/proof?digest=${receiptDigest}`)
  })

  test('is none where nobody said which gateway', async () => {
    const lines = await checkLogged({
      verification: verificationOf(inLog),
      signers: recoverSigners(inLog),
      gateway: undefined,
      rpc: undefined,
    })
    expect(lines).toEqual([])
  })

  test('is unknown under a head of somebody else’s', async () => {
    answer = { status: 200, body: { ...proof, log: signedHead(head, contributorKey) } }
    expect(await lineOf()).toMatch(/^inclusion unknown: .* which is not the receipt's key/)
  })

  test.each([
    ['another receipt', () => signReceipt({ receipt: { gatewaySeq: 42 } })],
    ['a proof of another leaf', () => inLog, { ...proof, siblings: proof.siblings.slice(1) }],
    ['a place that is not its number', () => inLog, { ...proof, gatewaySeq: 40 }],
  ])('fails for %s', async (_, parsed, body: unknown = proof) => {
    answer = { status: 200, body }
    expect(await lineOf(parsed())).toMatch(/^inclusion fails/)
  })

  test('a promise that was not kept fails, one that still may be does not', async () => {
    serveLog([])
    expect(await lineOf()).toMatch(/^inclusion fails: promised to be in the log by second/)
    const later = signReceipt({ receipt: { anchorBy: unixSeconds(finishedAt + 3_600) } })
    expect(await lineOf(later)).toMatch(/^inclusion unknown: not in the log yet/)
    expect(await lineOf(signReceipt())).toMatch(/^inclusion unknown: .*never promised/)
  })

  test.each([
    [500, { error: { message: 'no' } }],
    [200, { object: 'vouch.inclusion_proof' }],
    [200, [proof]],
  ])('whatever else is answered (%i) is unknown', async (status, body) => {
    answer = { status, body }
    expect(await lineOf()).toMatch(/^inclusion unknown/)
  })

  test('a gateway that is not there is unknown', async () => {
    expect(await lineOf(inLog, 'http://127.0.0.1:9')).toMatch(/^inclusion unknown/)
  })
})

describe('a receipt that the log gives no proof of', () => {
  /** With a promise that may still be kept. */
  const pending = (gatewaySeq: number) =>
    signReceipt({ receipt: { gatewaySeq, anchorBy: unixSeconds(finishedAt + 3_600) } })

  test.each([404, 409])('fails where its number is another one’s (%i)', async (status) => {
    const batches = someBatches([4, 3, 1, 5, 2, 6, 3])
    serveLog(batches)
    answer = { status, body: noProof }
    for (const { head, digests } of batches) {
      for (const [index, digest] of digests.entries()) {
        const gatewaySeq = head.firstSeq + index
        expect(await lineOf(pending(gatewaySeq))).toBe(
          `inclusion fails: its gatewaySeq ${gatewaySeq} is another receipt's in the log: ` +
            `${digest} has it in batch ${head.batch}, in a head that the receipt's own key ` +
            'signed: the two receipts are evidence for S2',
        )
      }
    }
    expect(await lineOf(pending(25))).toMatch(/^inclusion unknown: not in the log yet; promised/)
  })

  test('is not called evidence where another key signed the head', async () => {
    serveLog([{ head, digests }], contributorKey)
    expect(await lineOf(pending(41))).toMatch(
      /^inclusion fails: .* another receipt's .* in a head that the receipt's key did not sign$/,
    )
  })

  test('holds where the log has it after all', async () => {
    serveLog([{ head, digests }])
    expect(await lineOf()).toMatch(/^inclusion holds: in batch 0 of the log/)
  })

  test.each([
    ['the batch is withheld', { 'batches/1': undefined }, 'does not serve that batch'],
    ['its entries are withheld', { 'batches/1.jsonl': undefined }, 'does not serve that batch'],
    [
      'the entries are others',
      { 'batches/1.jsonl': logEntriesText(5, someDigests(3, 'lie')) },
      'not those that were signed',
    ],
    [
      'another batch stands in its place',
      { 'batches/1': signedHead((someBatches([4])[0] as { head: typeof head }).head) },
      'batch 0 is served as batch 1',
    ],
  ])('fails where %s', async (_, changes: Readonly<Record<string, unknown>>, why) => {
    serveLog(someBatches([4, 3, 2]))
    const kept = Object.entries({ ...served, ...changes }).filter(([, body]) => body !== undefined)
    served = Object.fromEntries(kept)
    const line = await lineOf(pending(6))
    expect(line).toMatch(/^inclusion fails/)
    expect(line).toContain(why)
  })

  test('is unknown where the log does not say how far it is, and fails once the promise is broken', async () => {
    answer = { status: 404, body: noProof }
    expect(await lineOf(pending(41))).toMatch(/^inclusion unknown: .* cannot be seen: .* no transp/)
    expect(await lineOf()).toMatch(/^inclusion fails: promised to be in the log by second/)
  })

  test('is as unknown as before where the log is another gateway’s', async () => {
    const foreign = formBatch({
      ...{ gateway: place.verifyingContract, before: undefined },
      ...{ digests, closedAt },
    })
    serveLog([{ head: foreign, digests }])
    expect(await lineOf(pending(41))).toMatch(/^inclusion unknown: not in the log yet/)
  })
})
