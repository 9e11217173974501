/*
 * Quotes that real processors made: verified as of a day on which their collateral was good.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  describeQuoteFault,
  judgeQuote,
  type QuoteFacts,
  type QuotePolicy,
  verifyQuote,
} from '../../../src/evidence/tee-quote.ts'

const folder = 'test/fixtures/dcap'
const quoteOf = (name: string) => readFileSync(`${folder}/${name}.bin`)
const collateralOf = (name: string) =>
  JSON.parse(readFileSync(`${folder}/${name}-collateral.json`, 'utf8')) as Record<string, unknown>
const goodDayS = Date.parse('2025-06-25T00:00:00Z') / 1000

async function factsOf(name: string): Promise<QuoteFacts> {
  const facts = await verifyQuote(quoteOf(name), collateralOf(name), goodDayS)
  if (!facts.ok) throw new Error(describeQuoteFault(facts.error))
  return facts.value
}

describe('a genuine quote', () => {
  test('of TDX says what was measured, and what its maker put into it', async () => {
    const facts = await factsOf('tdx-quote')
    expect(facts).toMatchObject({ teeType: 'tdx', tcbStatus: 'UpToDate', advisoryIds: [] })
    expect(facts.measurements['mrtd']).toMatch(/^91eb2b44d141d4ec[0-9a-f]{80}$/)
    expect(facts.measurements['rtmr3']).toBe('00'.repeat(48))
    expect(facts.reportData).toMatch(/^9a9d48e7f6799642[0-9a-f]{112}$/)
  })

  test('of SGX tells what its platform is open to', async () => {
    const facts = await factsOf('sgx-quote')
    expect(facts).toMatchObject({
      teeType: 'sgx',
      tcbStatus: 'ConfigurationAndSWHardeningNeeded',
      advisoryIds: ['INTEL-SA-00289', 'INTEL-SA-00615'],
    })
    expect(Buffer.from(facts.reportData, 'hex').toString()).toMatch(/^Hello, world!\0+$/)
    expect(Object.keys(facts.measurements)).toEqual(['mrenclave', 'mrsigner'])
  })
})

describe('no quote is', () => {
  const faultOf = async (quote: Uint8Array, collateral: unknown, nowS = goodDayS) => {
    const facts = await verifyQuote(quote, collateral, nowS)
    return facts.ok ? 'none' : facts.error.fault
  }

  test('one with a changed bit, wherever in what was signed', async () => {
    const quote = quoteOf('tdx-quote')
    const collateral = collateralOf('tdx-quote')
    let tried = 0
    // Header, measurements, report data, signature, key of the quoting enclave.
    for (const at of [2, 100, 200, 400, 568, 631, 640, 700, 760]) {
      const changed = Buffer.from(quote)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(await faultOf(changed, collateral), `byte ${at}`).toBe('quote_invalid')
      tried += 1
    }
    expect(tried).toBe(9)
  })

  test.each<[string, Uint8Array]>([
    ['a part of one', quoteOf('tdx-quote').subarray(0, 900)],
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.alloc(5_000, 7)],
  ])('%s', async (_, quote) => {
    expect(await faultOf(quote, collateralOf('tdx-quote'))).toBe('quote_invalid')
  })

  test('one by collateral of another, of another day, or of nobody', async () => {
    const quote = quoteOf('tdx-quote')
    const collateral = collateralOf('tdx-quote')
    expect(await faultOf(quote, collateralOf('sgx-quote'))).toBe('quote_invalid')
    expect(await faultOf(quote, collateral, goodDayS + 60 * 86_400)).toBe('quote_invalid')
    expect(await faultOf(quote, { ...collateral, tcb_info_signature: '00'.repeat(64) })).toBe(
      'quote_invalid',
    )
    expect(await faultOf(quote, {})).toBe('quote_invalid')
    expect(await faultOf(quote, undefined)).toBe('quote_invalid')
  })

  test('one of a platform that its maker has given up', async () => {
    const name = 'tdx-quote-outdated'
    const nowS = Date.parse('2026-02-20T00:00:00Z') / 1000
    expect(await faultOf(quoteOf(name), collateralOf(name), nowS)).toBe('quote_invalid')
  })
})

describe('a genuine quote counts', () => {
  test('only for what it was made, where it was known, on a platform that is good enough', async () => {
    const facts = await factsOf('tdx-quote')
    const reportData = Buffer.from(facts.reportData, 'hex')
    const { mrtd = '', rtmr1 = '' } = facts.measurements
    const allowed = [{ mrtd: 'ff' }, { mrtd, rtmr1 }]
    const policy: QuotePolicy = { allowed, tcbStatuses: ['UpToDate'] }
    const judged = (changes: Partial<QuotePolicy>, data: Uint8Array = reportData) => {
      const verdict = judgeQuote(facts, { ...policy, ...changes }, data)
      return verdict.ok ? 'ok' : verdict.error.fault
    }
    expect(judged({})).toBe('ok')
    expect(judged({}, Buffer.alloc(64))).toBe('report_data_mismatch')
    expect(judged({}, reportData.subarray(0, 32))).toBe('report_data_mismatch')
    expect(judged({ tcbStatuses: ['OutOfDate'] })).toBe('tcb_status')
    expect(judged({ allowed: [] })).toBe('measurement_unknown')
    expect(judged({ allowed: [{}] })).toBe('measurement_unknown')
    expect(judged({ allowed: [{ mrtd, rtmr1: '00' }] })).toBe('measurement_unknown')
    expect(judged({ allowed: [{ mrtd, tostring: '' }] })).toBe('measurement_unknown')
  })
})

test('every fault has its words', () => {
  const detail = 'OutOfDate'
  const words = [
    describeQuoteFault({ fault: 'verifier_missing' }),
    describeQuoteFault({ fault: 'quote_invalid', detail }),
    describeQuoteFault({ fault: 'debug_mode' }),
    describeQuoteFault({ fault: 'tcb_status', detail }),
    describeQuoteFault({ fault: 'measurement_unknown' }),
    describeQuoteFault({ fault: 'report_data_mismatch' }),
  ]
  expect(new Set(words).size).toBe(words.length)
})
