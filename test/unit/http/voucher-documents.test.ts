import { expect, test } from 'vitest'
import { voucherDocumentsRemembered } from '../../../src/base/limits.ts'
import { readPayment } from '../../../src/http/payment-headers.ts'
import { VoucherDocuments } from '../../../src/http/voucher-documents.ts'

const account = (digit: string): string => `0x${digit.repeat(40)}`
const wordOf = (number: number): string => `0x${number.toString(16).padStart(64, '0')}`

type Said = {
  readonly channelId: string
  readonly amount: string
  readonly max: string
  readonly signature: string
}

const said: Said = { channelId: wordOf(1), amount: '100', max: '500', signature: '0x1234' }

const textOf = ({ channelId, amount, max, signature }: Said): string =>
  JSON.stringify({
    x402Version: 2,
    payload: {
      type: 'voucher',
      channelConfig: {
        payer: account('1'),
        payerAuthorizer: account('2'),
        receiver: account('3'),
        receiverAuthorizer: account('4'),
        token: account('5'),
        withdrawDelay: 3600,
        salt: wordOf(0),
      },
      voucher: { channelId, maxClaimableAmount: max, signature },
    },
    accepted: { scheme: 'batch-settlement', network: 'eip155:1', amount },
  })

/** Reads `text` with `documents`, and says whether it was one of theirs. */
function reading(documents: VoucherDocuments, text: string) {
  const isKnown = documents.read(Buffer.from(text)) !== undefined
  const read = readPayment(Buffer.from(text).toString('base64'), documents)
  if (!read.ok || read.value.kind !== 'voucher') throw new Error('a voucher was read')
  return { isKnown, payment: read.value }
}

test('the next voucher of a payer is read from what changed', () => {
  const documents = new VoucherDocuments()
  const first = reading(documents, textOf(said))
  expect(first.isKnown).toBe(false)
  const next = { ...said, amount: '7', max: '123456', signature: '0xABCD' }
  const second = reading(documents, textOf(next))
  expect(second.isKnown).toBe(true)
  expect(second.payment).toEqual({
    ...first.payment,
    quotedAmount: 7n,
    voucher: { ...first.payment.voucher, maxClaimableAmount: 123_456n, signature: '0xabcd' },
  })
  expect(second.payment.voucher.config).toBe(first.payment.voucher.config)
})

test('a document that is not as JSON.stringify writes it is read as ever, and not kept', () => {
  const documents = new VoucherDocuments()
  const spaced = textOf(said).replace('"payload":', '"payload": ')
  expect(reading(documents, spaced).isKnown).toBe(false)
  expect(reading(documents, spaced).isKnown).toBe(false)
  const marked = textOf(said).replace('eip155:1', 'eip155:\ue000amount\ue000')
  expect(reading(documents, marked).isKnown).toBe(false)
  expect(reading(documents, marked).isKnown).toBe(false)
})

test('what changed elsewhere is another document, and takes the place of the one before', () => {
  const documents = new VoucherDocuments()
  reading(documents, textOf(said))
  const other = textOf(said).replace('eip155:1', 'eip155:2')
  expect(reading(documents, other).isKnown).toBe(false)
  expect(reading(documents, other)).toMatchObject({
    isKnown: true,
    payment: { network: 'eip155:2' },
  })
  expect(reading(documents, textOf(said)).isKnown).toBe(false)
})

test('a document with a byte too many or too few is not one that was read before', () => {
  const documents = new VoucherDocuments()
  const text = textOf(said)
  reading(documents, text)
  const isKnown = (json: string): boolean => documents.read(Buffer.from(json)) !== undefined
  expect(isKnown(text)).toBe(true)
  for (const other of [`${text} `, `${text}}`, ` ${text}`, text.slice(0, -1), text.slice(1)]) {
    expect(isKnown(other), other).toBe(false)
  }
})

test('so many payers are remembered, the newest', () => {
  const documents = new VoucherDocuments()
  for (let number = 0; number <= voucherDocumentsRemembered; number += 1) {
    reading(documents, textOf({ ...said, channelId: wordOf(number) }))
  }
  const isKnown = (number: number): boolean =>
    documents.read(Buffer.from(textOf({ ...said, channelId: wordOf(number) }))) !== undefined
  expect(isKnown(0)).toBe(false)
  expect(isKnown(1)).toBe(true)
  expect(isKnown(voucherDocumentsRemembered)).toBe(true)
})
