import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkLogged } from '../../../src/client/check-logged.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { unixSeconds } from '../../../src/domain/units.ts'
import { formBatch } from '../../../src/transparency/form-batch.ts'
import { closedAt, proofIn, signedHead, someDigests } from '../../support/log-batches.ts'
import {
  contributorKey,
  finishedAt,
  gatewayOperator,
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
const asked: string[] = []
let server: Server
let origin: string

beforeAll(async () => {
  server = createServer(({ url = '' }, outgoing) => {
    asked.push(url)
    outgoing.writeHead(answer.status).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  answer = { status: 200, body: proof }
})

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
    answer = {
      status: 404,
      body: { error: { message: 'not yet', code: 'not_in_log', type: 'x', param: null } },
    }
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
