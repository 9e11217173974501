import { expect, test } from 'vitest'
import { checkedSamples } from '../../../src/auditor/checked-samples.ts'
import type { DrawnReceipt } from '../../../src/auditor/drawn-batch.ts'
import type { ServedSample } from '../../../src/auditor/gateway-audits.ts'
import { receiptDigest, receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { bytes32, noSignature } from '../../../src/domain/units.ts'
import { request, response, signReceipt } from '../../support/signed-receipt.ts'

const receipt: ParsedReceipt = signReceipt()
const { gatewaySeq } = receipt.receipt
const digest = receiptDigest(receiptDomain(receipt.domain), receipt.receipt)
const elsewhere = bytes32(`0x${'77'.repeat(32)}`)

const drawn: readonly DrawnReceipt[] = [
  { index: 3, gatewaySeq: gatewaySeq - 2, digest: elsewhere },
  { index: 5, gatewaySeq, digest },
]
const unopened: ServedSample = {
  index: 3,
  gatewaySeq: gatewaySeq - 2,
  digest: elsewhere,
  opened: false,
  reason: 'no_consent',
}
const opened: Extract<ServedSample, { opened: true }> = {
  index: 5,
  gatewaySeq,
  digest,
  opened: true,
  receipt,
  requestBody: request,
  responseBody: response,
  commitmentOpening: null,
}

test('takes what was drawn, opened or not', () => {
  expect(checkedSamples(drawn, [unopened, opened])).toEqual({ ok: true, value: [unopened, opened] })
  expect(checkedSamples([], [])).toEqual({ ok: true, value: [] })
})

test.each<readonly [string, readonly ServedSample[]]>([
  ['2 receipts are to be opened, and 1 are answered for', [opened]],
  ['2 receipts are to be opened, and 3 are answered for', [unopened, opened, opened]],
  [`receipt ${gatewaySeq - 2} is answered for in its place`, [unopened, unopened]],
  ['it is not the one that the log has there', [unopened, { ...opened, digest: elsewhere }]],
  ['its request is another one', [unopened, { ...opened, requestBody: Buffer.from('{}') }]],
  ['its response is another one', [unopened, { ...opened, responseBody: Buffer.from('{}') }]],
  [
    'what was opened is another receipt',
    [
      unopened,
      { ...opened, receipt: { ...receipt, receipt: { ...receipt.receipt, gatewaySeq: 9 } } },
    ],
  ],
  [
    'no contributor signed it',
    [unopened, { ...opened, receipt: { ...receipt, contributorSignature: noSignature } }],
  ],
])('%s', (fault, served) => {
  const checked = checkedSamples(drawn, served)
  expect(checked.ok).toBe(false)
  expect(checked.ok ? '' : checked.error).toContain(fault)
})
