/*
 * Documents that were read before change what reading a PAYMENT-SIGNATURE costs, and nothing of what is read: on any row of
 * headers, and however a header was changed, the answer with them is the answer without.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeJsonHeader } from '../../src/base/json-header.ts'
import { readPayment } from '../../src/http/payment-headers.ts'
import { VoucherDocuments } from '../../src/http/voucher-documents.ts'
import { anyBytes32 } from '../support/arbitraries.ts'

const account = (digit: string): string => `0x${digit.repeat(40)}`

const anyDigits = fc.oneof(
  { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }).map(String) },
  fc.constantFrom('', '-1', '1e3', '007', '9'.repeat(39), '1"2', '1\\u0030', '\ue000'),
)
const anySignature = fc.oneof(
  { weight: 9, arbitrary: anyBytes32.map((word) => `${word}${word.slice(2)}1b`) },
  fc.constantFrom('0x', '0xABCDEF', '0x123', '0x12zz', '', 'none', '0x\ue000signature\ue000'),
)

/** What one client writes, but for what changes: in the order of x402's own client, or another. */
const anyClient = fc.record({
  order: fc.constantFrom('payload first', 'accepted first', 'voucher first'),
  channelId: fc.constantFrom(`0x${'c1'.repeat(32)}`, `0x${'D2'.repeat(32)}`),
  description: fc.constantFrom(
    'plain',
    '"channelId":"',
    'größer',
    '\ue000amount\ue000',
    '\\"',
    '\ud83d\ude00',
  ),
  type: fc.constantFrom('voucher', 'voucher', 'voucher', 'deposit', 'refund', 'claim'),
  scheme: fc.constantFrom('batch-settlement', 'batch-settlement', 'exact', 'upto'),
})
type Client = typeof anyClient extends fc.Arbitrary<infer T> ? T : never

const anyTexts = fc.record({
  amount: anyDigits,
  maxClaimableAmount: anyDigits,
  signature: anySignature,
})
type Texts = typeof anyTexts extends fc.Arbitrary<infer T> ? T : never

function documentOf(client: Client, texts: Texts): unknown {
  const { order, channelId, description, type, scheme } = client
  const accepted = { scheme, network: 'eip155:31337', amount: texts.amount, extra: { description } }
  const channelConfig = {
    payer: account('1'),
    payerAuthorizer: account('B'),
    receiver: account('3'),
    receiverAuthorizer: account('4'),
    token: account('5'),
    withdrawDelay: 3600,
    salt: channelId,
  }
  const { maxClaimableAmount, signature } = texts
  const voucher = { channelId, maxClaimableAmount, signature }
  const payload =
    order === 'voucher first' ? { voucher, channelConfig, type } : { type, channelConfig, voucher }
  const resource = { url: 'http://gateway/v1/chat/completions', description }
  return order === 'accepted first'
    ? { x402Version: 2, accepted, payload }
    : { x402Version: 2, payload, resource, accepted }
}

/** How the bytes of a document, or the header that they become, are spoiled. */
const anySpoiling = fc.oneof(
  { weight: 6, arbitrary: fc.constant((header: string) => header) },
  {
    weight: 4,
    arbitrary: fc
      .record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), added: fc.boolean() })
      .map(({ at, byte, added }) => (header: string) => {
        const bytes = Buffer.from(header, 'base64')
        const place = at % bytes.length
        const rest = bytes.subarray(added ? place : place + 1)
        return Buffer.concat([bytes.subarray(0, place), Buffer.from([byte]), rest]).toString(
          'base64',
        )
      }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ at: fc.nat(), sign: fc.constantFrom('=', '-', '_', ' ', '\t', '\u00ff', 'A', '') })
      .map(({ at, sign }) => (header: string) => {
        const place = at % header.length
        return header.slice(0, place) + sign + header.slice(place + (at % 2))
      }),
  },
  { weight: 1, arbitrary: fc.constant((header: string) => header.replace(/=+$/, '')) },
  {
    weight: 1,
    arbitrary: fc.constant((header: string) =>
      Buffer.from(Buffer.from(header, 'base64').toString().replaceAll(':', ' : ')).toString(
        'base64',
      ),
    ),
  },
)

const plainClient: Client = {
  order: 'payload first',
  channelId: `0x${'e3'.repeat(32)}`,
  description: 'plain',
  type: 'voucher',
  scheme: 'batch-settlement',
}
const plainTexts: Texts = { amount: '1', maxClaimableAmount: '2', signature: '0x12' }

const isCalledNoBase64 = (read: ReturnType<typeof readPayment>): boolean =>
  !read.ok && read.error.reason === 'payment_malformed' && read.error.detail === 'it is not base64'

test('with documents that were read before a header says what it says without them', () => {
  let taken = 0
  let refused = 0
  let repeated = 0
  fc.assert(
    fc.property(
      fc.array(anyClient, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(), anyTexts, anySpoiling), { minLength: 2, maxLength: 12 }),
      (clients, sent) => {
        const documents = new VoucherDocuments()
        const headers = sent.map(([which, texts, spoil]) => {
          const client = clients[which % clients.length] ?? plainClient
          return spoil(encodeJsonHeader(documentOf(client, texts)))
        })
        // One that is read twice and one that is refused, whatever was drawn.
        const certain = encodeJsonHeader(documentOf(plainClient, plainTexts))
        for (const header of [...headers, certain, certain, '?']) {
          const plain = readPayment(header)
          expect(isCalledNoBase64(plain)).toBe(!/^[A-Za-z0-9+/]+={0,2}$/.test(header))
          if (documents.read(Buffer.from(header, 'base64')) !== undefined) repeated += 1
          expect(readPayment(header, documents)).toEqual(plain)
          if (plain.ok) taken += 1
          else refused += 1
        }
      },
    ),
  )
  expect(taken).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
  expect(repeated).toBeGreaterThan(0)
})
