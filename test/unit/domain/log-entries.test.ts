import { describe, expect, test } from 'vitest'
import {
  batchReceiptsMax,
  entriesHashOf,
  logEntriesText,
  parseLogEntries,
} from '../../../src/domain/log-entries.ts'
import { someDigests } from '../../support/log-batches.ts'

const digests = someDigests(3)
const text = logEntriesText(17, digests)

describe('the entries of a batch', () => {
  test('are one line for each receipt, and read back as they were', () => {
    expect(text.split('\n')[0]).toBe(`{"gatewaySeq":17,"digest":"${digests[0]}"}`)
    expect(parseLogEntries(text)).toEqual({ ok: true, value: { firstSeq: 17, digests } })
    const full = someDigests(batchReceiptsMax)
    expect(parseLogEntries(logEntriesText(1, full))).toMatchObject({ value: { digests: full } })
  })

  test('hash to something else in another order', () => {
    const other = logEntriesText(17, digests.toReversed())
    expect(entriesHashOf(other)).not.toBe(entriesHashOf(text))
  })

  test.each([
    ['nothing', ''],
    ['no line feed at the end', text.slice(0, -1)],
    ['an empty line', `${text}\n`],
    ['a space', text.replace(':17', ': 17')],
    ['upper-case digits', text.replace(/0x[0-9a-f]{64}/, (hex) => hex.toUpperCase())],
    ['another member', text.replace('}', ',"x":1}')],
    ['a gap', text.replace('"gatewaySeq":18', '"gatewaySeq":19')],
    ['a number twice', text.replace('"gatewaySeq":18', '"gatewaySeq":17')],
    ['zero', logEntriesText(0, digests)],
    ['a zero in front', text.replace(':17', ':017')],
    ['a number that is not exact', logEntriesText(Number.MAX_SAFE_INTEGER + 1, digests)],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
    ['more than a batch has', logEntriesText(1, someDigests(batchReceiptsMax + 1))],
  ])('refuse %s', (_what, wrong) => {
    expect(parseLogEntries(wrong).ok).toBe(false)
  })
})
