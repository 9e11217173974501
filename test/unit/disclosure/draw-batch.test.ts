import { describe, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import { sampleIndices } from '../../../src/chain/sample-indices.ts'
import { type AuditedLog, auditedLog, createDraw } from '../../../src/disclosure/draw-batch.ts'
import type { AuditBatch } from '../../../src/domain/audit.ts'
import { closedAt, someBatches } from '../../support/log-batches.ts'

const root = keccak256Utf8('root')
const batch: AuditBatch = { batch: 0, root, count: 50, firstSeq: 1, anchoredBlock: 10 }
const ratePpm = 200_000

/** A chain of so many blocks, each with a randomness of its own. */
function chainOf(heightNow: () => number) {
  const asked: string[] = []
  const rpc: JsonRpc = {
    origin: 'http://node.test',
    call: async (method, params) => {
      asked.push(`${method} ${params[0]}`)
      const number = params[0] === 'latest' ? heightNow() : Number(params[0])
      if (number > heightNow()) return ok(null)
      const block = { number: `0x${number.toString(16)}`, timestamp: '0x1' }
      const hash = keccak256Utf8(`hash ${number}`)
      return ok({ ...block, hash, mixHash: keccak256Utf8(`randomness ${number}`) })
    },
  }
  return { rpc, asked }
}

const logOf = (...batches: readonly AuditBatch[]): AuditedLog => ({
  batch: async (number) => batches[number],
  batchCount: async () => batches.length,
})

const drawOf = (height: number, said: Partial<AuditBatch> = {}) => {
  const { rpc, asked } = chainOf(() => height)
  const log = logOf({ ...batch, ...said })
  return { draw: createDraw({ log, rpc, confirmations: 3, ratePpm }), asked }
}

describe('what of a batch is to be opened', () => {
  test('follows from its root and the second block after its anchor, once that is buried', async () => {
    const { draw } = drawOf(15)
    const randomness = keccak256Utf8('randomness 12')
    const indices = sampleIndices({ root, randomness, count: 50, ratePpm })
    expect(indices.length).toBeGreaterThan(0)
    expect(await draw(0)).toEqual(
      ok({ ...batch, anchoredBlock: 10, drawnBlock: 12, randomness, ratePpm, indices }),
    )
  })

  test('is not known before', async () => {
    expect(await drawOf(14).draw(0)).toEqual(err({ reason: 'audit_not_drawn', waitsFor: 'blocks' }))
    expect(await drawOf(99, { anchoredBlock: undefined }).draw(0)).toEqual(
      err({ reason: 'audit_not_drawn', waitsFor: 'anchor' }),
    )
    expect(await drawOf(99).draw(1)).toEqual(err({ reason: 'audit_batch_not_found' }))
  })

  test('is asked of the chain once', async () => {
    const { draw, asked } = drawOf(15)
    const first = await draw(0)
    const calls = asked.length
    expect(await draw(0)).toEqual(first)
    expect(asked).toHaveLength(calls)
  })

  test('is not known while the chain does not answer, or has no randomness', async () => {
    const failure = { reason: 'chain_unreachable', origin: 'x', detail: 'x' } as const
    const silent: JsonRpc = { origin: 'x', call: async () => err(failure) }
    const terms = { log: logOf(batch), confirmations: 1, ratePpm }
    const unavailable = err({ reason: 'chain_unavailable' })
    expect(await createDraw({ ...terms, rpc: silent })(0)).toEqual(unavailable)
    const { rpc } = chainOf(() => 99)
    const constant: JsonRpc = {
      ...rpc,
      call: async (method, params) => {
        const answer = await rpc.call(method, params)
        return answer.ok ? ok({ ...Object(answer.value), mixHash: `0x${'0'.repeat(64)}` }) : answer
      },
    }
    expect(await createDraw({ ...terms, rpc: constant })(0)).toEqual(unavailable)
  })
})

test('the log says which block has a batch, as far as it knows', async () => {
  const [first, second] = someBatches([3, 4])
  if (first === undefined || second === undefined) throw new Error('there are two')
  const anchor = {
    contract: first.head.gateway,
    sender: first.head.gateway,
    transactionHash: first.head.root,
    blockNumber: 77,
    anchoredAt: closedAt,
  }
  const batches = [
    { head: first.head, signature: undefined, anchor },
    { head: second.head, signature: undefined, anchor: undefined },
  ]
  const log = auditedLog({
    batches: async ({ from, limit }) => batches.slice(from, from + limit),
    length: async () => ({ batches: 2, settled: 1 }),
  })
  expect(await log.batchCount()).toBe(2)
  expect(await log.batch(0)).toEqual({
    ...{ batch: 0, root: first.head.root, count: 3, firstSeq: 1 },
    anchoredBlock: 77,
  })
  expect(await log.batch(1)).toMatchObject({ batch: 1, firstSeq: 4, anchoredBlock: undefined })
  expect(await log.batch(2)).toBeUndefined()
})
