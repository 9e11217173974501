import { describe, expect, test } from 'vitest'
import { anyReceipt, checkPolicy, type ReceiptPolicy } from '../../../src/client/check-policy.ts'
import { address } from '../../../src/domain/units.ts'
import {
  finishedAt,
  gatewayOperator,
  nowMs,
  place,
  type ReceiptChanges,
  signReceipt,
  work,
} from '../../support/signed-receipt.ts'

const check = (policy: Partial<ReceiptPolicy>, changes: ReceiptChanges = {}, atMs = nowMs) =>
  checkPolicy(signReceipt(changes), {
    policy: { ...anyReceipt, ...policy },
    receiptVerifier: undefined,
    nowMs: atMs,
  }).map((line) => `${line.check} ${line.verdict}`)

test('who asks nothing gets no line', () => {
  expect(check({})).toEqual([])
})

describe('the verifier contract', () => {
  const trusting = (trusted: Partial<typeof place>) =>
    checkPolicy(signReceipt(), {
      policy: anyReceipt,
      receiptVerifier: { ...place, ...trusted },
      nowMs,
    }).map(({ verdict }) => verdict)

  test('is the one that is trusted, on the same chain', () => {
    expect(trusting({})).toEqual(['holds'])
    expect(trusting({ chainId: 1 })).toEqual(['fails'])
    expect(trusting({ verifyingContract: gatewayOperator })).toEqual(['fails'])
  })
})

test('gateway and model', () => {
  expect(check({ gateway: gatewayOperator, modelId: work.modelId })).toEqual([
    'policy-gateway holds',
    'policy-model holds',
  ])
  expect(check({ gateway: address(`0x${'e'.repeat(40)}`), modelId: work.jobId })).toEqual([
    'policy-gateway fails',
    'policy-model fails',
  ])
})

describe('tiers', () => {
  test.each([
    [3, 1, 'holds'],
    [3, 3, 'holds'],
    [1, 3, 'fails'],
    [3, 64, 'fails'],
    [3 | 64, 64, 'unknown'],
    [3 | 256, 256, 'unknown'],
  ])('claimed %i, asked %i: %s', (tiers, asked, verdict) => {
    expect(check({ tiers: asked }, { receipt: { tiers } })).toEqual([`policy-tiers ${verdict}`])
  })
})

describe('age', () => {
  test('counts from the end of the answer, to the second', () => {
    expect(check({ maxAgeS: 60 })).toEqual(['policy-age holds'])
    expect(check({ maxAgeS: 59 })).toEqual(['policy-age fails'])
    expect(check({ maxAgeS: 60 }, {}, (finishedAt + 60) * 1000 + 999)).toEqual(['policy-age holds'])
  })

  test('a receipt from the future is not old, as for the contract', () => {
    expect(check({ maxAgeS: 0 }, {}, (finishedAt - 10) * 1000)).toEqual(['policy-age holds'])
  })
})
