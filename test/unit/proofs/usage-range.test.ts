import { expect, test } from 'vitest'
import { receiptDigest } from '../../../src/chain/receipt-typed-data.ts'
import { type Signature, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import { type PricedReceipt, usageRange } from '../../../src/proofs/usage-range.ts'
import {
  type ReceiptMade,
  usageContributors,
  usageDomain,
  usageReceipts,
  usageSheets,
  wordOf,
} from '../../support/usage-receipts.ts'

const strict = { domain: usageDomain, allowUnsigned: false }
const [dear, cheap] = usageSheets

/** What is said of these receipts. */
function refusalOf(receipts: readonly PricedReceipt[], terms = strict): string {
  const range = usageRange(receipts, terms)
  return range.ok ? 'none' : `${range.error.reason}: ${range.error.detail}`
}

/** Three receipts, the second of them another. */
const second = (made: ReceiptMade): readonly PricedReceipt[] => usageReceipts([{}, made, {}])

test('a range is the sum of its receipts, with every sheet and every signer', () => {
  const receipts = usageReceipts([
    { signer: 1 },
    { signer: 0, discount: 3n },
    { signer: 1, ...(cheap === undefined ? {} : { sheet: cheap }) },
    { signer: 0, work: { completionTokens: 0 } },
  ])
  const range = usageRange(receipts, strict)
  if (!range.ok) throw new Error(range.error.detail)
  const costs = receipts.map(({ receipt }) => receipt.cost)
  const total = costs.reduce<bigint>((sum, cost) => sum + cost, 0n)
  const last = receipts[3]?.receipt
  expect(total).toBeGreaterThan(0n)
  expect(range.value.statement).toMatchObject({
    firstSeq: 1,
    count: 4,
    total,
    priced: total + 3n,
    cumulative: total,
    unsignedCount: 0,
    lastFinishedAt: last?.work.finishedAt,
    lastDigest: last === undefined ? undefined : receiptDigest(usageDomain, last),
    signers: [
      {
        contributor: usageContributors[1]?.contributor,
        firstFinishedAt: receipts[0]?.receipt.work.finishedAt,
        lastFinishedAt: receipts[2]?.receipt.work.finishedAt,
      },
      {
        contributor: usageContributors[0]?.contributor,
        firstFinishedAt: receipts[1]?.receipt.work.finishedAt,
        lastFinishedAt: receipts[3]?.receipt.work.finishedAt,
      },
    ],
  })
  expect(range.value.sheets).toEqual([dear, cheap])
  expect(range.value.rows.map(({ sheet, signer }) => [sheet, signer])).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ])
})

test('a range in the middle begins with the digest and the sum before it', () => {
  const receipts = usageReceipts([{}, {}, {}])
  const range = usageRange(receipts.slice(1), strict)
  if (!range.ok) throw new Error(range.error.detail)
  const [before, first, last] = receipts.map(({ receipt }) => receipt)
  if (before === undefined || first === undefined || last === undefined) throw new Error('three')
  expect(range.value.statement).toMatchObject({
    firstSeq: 2,
    count: 2,
    total: first.cost + last.cost,
    cumulative: last.cumulative,
    previousDigest: receiptDigest(usageDomain, before),
  })
})

test('a Work that nobody signed is refused by name, and counted apart where that is allowed', () => {
  const receipts = second({ signer: undefined })
  const id = receipts[1]?.receipt.receiptId
  expect(refusalOf(receipts)).toBe(
    `work_unsigned: receipt 2 (${id}): no contributor signed its Work`,
  )
  const range = usageRange(receipts, { ...strict, allowUnsigned: true })
  expect(range.ok && range.value.statement).toMatchObject({
    unsignedCount: 1,
    unsignedTotal: receipts[1]?.receipt.cost,
  })
  expect(range.ok && range.value.rows[1]?.signer).toBe(undefined)
})

/** The second receipt with another signature of its contributor. */
function withSignature(change: (signature: Signature) => string): readonly PricedReceipt[] {
  return usageReceipts([{}, {}, {}]).map((one, index) =>
    index === 1
      ? { ...one, contributorSignature: change(one.contributorSignature) as Signature }
      : one,
  )
}

test.each([
  ['of a contract', (text: string) => `${text}${'00'.repeat(20)}`, 'signed_by_contract'],
  ['with a v of 0', (text: string) => `${text.slice(0, -2)}00`, 'signature_malformed'],
  ['with r zero', (text: string) => `0x${'0'.repeat(64)}${text.slice(66)}`, 'signature_malformed'],
  [
    'with s in the upper half',
    (text: string) => `${text.slice(0, 66)}${'f'.repeat(30)}${'0'.repeat(34)}1b`,
    'signature_malformed',
  ],
])('a signature %s is refused, also where none is needed', (_, change, reason) => {
  const terms = { ...strict, allowUnsigned: true }
  expect(refusalOf(withSignature(change), terms)).toContain(`${reason}: receipt 2 `)
})

test.each<[string, readonly PricedReceipt[], string]>([
  ['nothing', [], 'receipts_missing'],
  ['another channel', second({ receipt: { channelId: wordOf(7) } }), 'receipt_elsewhere'],
  ['another gateway', second({ work: { gateway: zeroAddress } }), 'receipt_elsewhere'],
  ['a gap', usageReceipts([{}, {}, {}]).toSpliced(1, 1), 'receipts_apart'],
  ['a receipt twice', usageReceipts([{}, {}]).flatMap((one) => [one, one]), 'receipts_apart'],
  ['another predecessor', second({ receipt: { prevReceipt: wordOf(8) } }), 'receipts_apart'],
  [
    'a first with a predecessor',
    usageReceipts([{ receipt: { prevReceipt: wordOf(8) } }]),
    'receipts_apart',
  ],
  [
    'a later one without a predecessor',
    usageReceipts([{ receipt: { channelSeq: 2 } }]),
    'receipts_apart',
  ],
  ['a sheet of another model', second({ work: { modelId: wordOf(9) } }), 'sheet_mismatch'],
  ['another sheet', second({ receipt: { priceHash: wordOf(9) } }), 'sheet_mismatch'],
  [
    'a sheet not yet in force',
    second({ work: { finishedAt: unixSeconds(1_689_999_999) } }),
    'sheet_mismatch',
  ],
  ['one unit too much', second({ discount: -1n }), 'overcharged'],
  [
    'more cached tokens than tokens',
    second({ work: { promptTokens: 1, cachedPromptTokens: 2 } }),
    'overcharged',
  ],
  ['a Work of nobody', second({ work: { contributor: zeroAddress } }), 'signature_malformed'],
])('%s is refused', (_, receipts, reason) => {
  expect(refusalOf(receipts)).toContain(reason)
})

test('a fifth sheet and a sum that skips are refused', () => {
  if (dear === undefined) throw new Error('there is a sheet')
  const sheets = [0, 1, 2, 3, 4].map((seconds) => ({
    ...dear,
    validFrom: unixSeconds(dear.validFrom + seconds),
  }))
  expect(refusalOf(usageReceipts(sheets.map((sheet) => ({ sheet }))))).toContain(
    'sheets_too_many: receipt 5 ',
  )
  const skipped = usageReceipts([{}, {}]).map(({ receipt, ...rest }) => ({ ...rest, receipt }))
  const [first, last] = skipped
  if (first === undefined || last === undefined) throw new Error('there are two')
  const [forged] = usageReceipts([{}], {
    seq: 1,
    cumulative: first.receipt.cumulative + 1n,
    digest: last.receipt.prevReceipt,
  })
  if (forged === undefined) throw new Error('there is one')
  expect(refusalOf([first, forged])).toContain('receipts_apart: receipt 2 ')
})
