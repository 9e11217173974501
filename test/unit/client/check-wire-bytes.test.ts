import { describe, expect, test } from 'vitest'
import { contentHash } from '../../../src/attestation/content-hash.ts'
import type { CheckName } from '../../../src/client/check-line.ts'
import { checkWireBytes } from '../../../src/client/check-wire-bytes.ts'
import { workStatus } from '../../../src/domain/receipt.ts'
import { zeroBytes32 } from '../../../src/domain/units.ts'
import {
  answer,
  type ReceiptChanges,
  request,
  response,
  sha256,
  signReceipt,
  work,
} from '../../support/signed-receipt.ts'

type Bytes = Parameters<typeof checkWireBytes>[1]
const everything: Bytes = { request, response }

function check(changes: ReceiptChanges = {}, bytes: Bytes = everything) {
  const lines = checkWireBytes(signReceipt(changes).receipt, bytes)
  return {
    verdictOf: (name: CheckName) => lines.find((line) => line.check === name)?.verdict,
    detailOf: (name: CheckName) => lines.find((line) => line.check === name)?.detail ?? '',
    failed: lines.filter(({ verdict }) => verdict === 'fails').map((line) => line.check),
    names: lines.map((line) => line.check),
  }
}

test('the very bytes hold', () => {
  const { failed, names } = check()
  expect(names).toEqual(['request', 'response', 'answer-in-response', 'stream', 'rewriting'])
  expect(failed).toEqual([])
})

test('without bytes nothing is said to hold about them', () => {
  const { verdictOf, names } = check({}, { request: undefined, response: undefined })
  expect(names).toEqual(['request', 'response', 'rewriting'])
  expect([verdictOf('request'), verdictOf('response')]).toEqual(['unknown', 'unknown'])
})

test('a request that curl stripped of its line feed is named', () => {
  const withLineFeed = Buffer.concat([request, Buffer.from('\n')])
  const { failed, detailOf } = check({}, { request: withLineFeed, response })
  expect(failed).toEqual(['request'])
  expect(detailOf('request')).toContain('line feed')
})

test('another response is judged no further', () => {
  const other = Buffer.from(response.toString().replace('4.', '5.'))
  const { failed, names } = check({}, { request, response: other })
  expect(failed).toEqual(['response'])
  expect(names).not.toContain('stream')
})

test('a receipt of a broken answer says that its error event is not covered', () => {
  const withError = Buffer.concat([response, Buffer.from('data: {"error":{}}\n\n')])
  const changes = { work: { status: workStatus.upstreamFailed } } as const
  const { detailOf } = check(changes, { request, response: withError })
  expect(detailOf('response')).toContain('without a closing error event')
})

test('an answer that its budget cut short was closed as usual: nothing excuses other bytes', () => {
  const changes = { work: { status: workStatus.truncatedByBudget } } as const
  expect(check(changes).failed).toEqual([])
  const withMore = Buffer.concat([response, Buffer.from('data: {"error":{}}\n\n')])
  const { failed, detailOf } = check(changes, { request, response: withMore })
  expect(failed).toEqual(['response'])
  expect(detailOf('response')).not.toContain('broke off')
})

test('a receipt without a response hash covers no response', () => {
  expect(check({ receipt: { responseHash: zeroBytes32 } }).failed).toContain('response')
})

describe('answer in the response', () => {
  test("another answer's contentHash", () => {
    const changes = { work: { contentHash: contentHash([{ text: 'No.', toolCalls: [] }]) } }
    expect(check(changes).failed).toEqual(['answer-in-response'])
  })

  test('a choice that never spoke may have been asked for', () => {
    const choices = [answer, '', ''].map((text) => ({ text, toolCalls: [] }))
    expect(check({ work: { contentHash: contentHash(choices) } }).failed).toEqual([])
  })

  test('bytes that are no chat completion cannot be judged', async () => {
    const odd = Buffer.from('data: "something"\n\n')
    const responseHash = await sha256(odd)
    const { verdictOf } = check({ receipt: { responseHash } }, { request, response: odd })
    expect(verdictOf('answer-in-response')).toBe('unknown')
  })

  test('tool calls streamed in parts hash as the finished array', async () => {
    const parts = [
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 0, function: { arguments: '{"x":' } },
      { index: 0, function: { arguments: '1}' } },
    ]
    const whole = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }
    const body = Buffer.from(
      parts
        .map((part) => ({ choices: [{ index: 0, delta: { tool_calls: [part] } }] }))
        .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
        .join(''),
    )
    const changes = {
      work: { contentHash: contentHash([{ text: '', toolCalls: [whole] }]) },
      receipt: { responseHash: await sha256(body) },
    }
    expect(check(changes, { request, response: body }).verdictOf('answer-in-response')).toBe(
      'holds',
    )
  })
})

describe('the chain of a stream', () => {
  test('another root, another job, or another input', () => {
    expect(check({ work: { streamRoot: work.jobId } }).failed).toEqual(['stream'])
    expect(check({ work: { jobId: work.modelId } }).failed).toEqual(['stream'])
    expect(check({ work: { inputHash: work.modelId } }).failed).toEqual(['stream'])
  })

  test('is missing where the answer was streamed', () => {
    expect(check({ work: { streamRoot: zeroBytes32 } }).failed).toEqual(['stream'])
  })

  test('cannot be judged where the gateway changed the bytes', () => {
    const { verdictOf } = check({ work: { outputHash: work.inputHash } })
    expect(verdictOf('stream')).toBe('unknown')
    expect(verdictOf('rewriting')).toBe('unknown')
  })

  test('an answer in one piece has none', async () => {
    const body = Buffer.from(
      JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: answer } }] }),
    )
    const hash = await sha256(body)
    const unary = { outputHash: hash, streamRoot: zeroBytes32 }
    const bytes = { request, response: body }
    expect(check({ work: unary, receipt: { responseHash: hash } }, bytes).failed).toEqual([])
    const chained = { ...unary, streamRoot: work.streamRoot }
    expect(check({ work: chained, receipt: { responseHash: hash } }, bytes).failed).toEqual([
      'stream',
    ])
  })
})

test.each([
  ['request', { receipt: { requestHash: work.outputHash } }],
  ['answer', { receipt: { responseHash: work.inputHash } }],
  ['request and the answer', { work: { inputHash: work.jobId, outputHash: work.jobId } }],
])('a changed %s is said', (what, changes) => {
  const { verdictOf, detailOf } = check(changes, { request: undefined, response: undefined })
  expect(verdictOf('rewriting')).toBe('unknown')
  expect(detailOf('rewriting')).toContain(`the gateway changed the ${what} on the way`)
})

test('a receipt that lost sight of its answer says so instead of naming a change', () => {
  const { verdictOf, detailOf } = check({ work: { outputHash: zeroBytes32 } })
  expect(verdictOf('rewriting')).toBe('unknown')
  expect(detailOf('rewriting')).toContain('the answer was lost')
})
