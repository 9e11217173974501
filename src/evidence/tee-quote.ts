/*
 * Quotes of Intel TDX and SGX (DCAP). The certificates, the signatures and the state of the platform are judged by
 * `@phala/dcap-qvl`; everything that is said here of a quote is read from what that gives back after it verified, never from
 * the quote's own bytes. The package is installed by whoever verifies quotes: nobody else needs it.
 */
import type { Collateral, EnclaveReport, TDReport10 } from '@phala/dcap-qvl'
import { err, ok, type Result } from '../base/result.ts'

/** A genuine quote, and what it says. Bytes are lower-case hex without `0x`. */
export type QuoteFacts = {
  readonly teeType: 'tdx' | 'sgx'
  /** 64 bytes that the measured code chose. */
  readonly reportData: string
  /** By Intel's names in lower case: `mrtd`, `rtmr0` … `rtmr3`, `mrconfigid`; of SGX `mrenclave` and `mrsigner`. */
  readonly measurements: Readonly<Record<string, string>>
  /** Of the platform, in Intel's words, such as `UpToDate`. */
  readonly tcbStatus: string
  /** Intel's advisories that the platform is open to. */
  readonly advisoryIds: readonly string[]
}

/** What of a genuine quote is good enough. */
export type QuotePolicy = {
  /**
   * Environments that are known, each by some of its measurements: a quote must agree with one of them in all that it names. An
   * empty list allows none.
   */
  readonly allowed: readonly Readonly<Record<string, string>>[]
  readonly tcbStatuses: readonly string[]
}

export type QuoteFault =
  | { readonly fault: 'verifier_missing' }
  /** `detail`: the verifier's words. */
  | { readonly fault: 'quote_invalid'; readonly detail: string }
  | { readonly fault: 'debug_mode' }
  | { readonly fault: 'tcb_status'; readonly detail: string }
  | { readonly fault: 'measurement_unknown' }
  | { readonly fault: 'report_data_mismatch' }

/** Words for a person. */
export function describeQuoteFault(fault: QuoteFault): string {
  switch (fault.fault) {
    case 'verifier_missing':
      return 'quotes are verified by @phala/dcap-qvl, which is not installed: npm install @phala/dcap-qvl'
    case 'quote_invalid':
      return `the quote is not genuine: ${fault.detail}`
    case 'debug_mode':
      return 'the environment runs in debug mode, where its owner reads everything'
    case 'tcb_status':
      return `the platform is ${fault.detail}`
    case 'measurement_unknown':
      return 'none of the allowed environments was measured'
    case 'report_data_mismatch':
      return 'the quote was not made for this'
  }
}

/** Whether Intel's chain stands behind the quote at `nowS`, by collateral that was valid then. */
export async function verifyQuote(
  quote: Uint8Array,
  collateral: unknown,
  nowS: number,
): Promise<Result<QuoteFacts, QuoteFault>> {
  const verifier = await import('@phala/dcap-qvl').catch(() => undefined)
  if (verifier === undefined) return err({ fault: 'verifier_missing' })
  try {
    const { report, status, advisory_ids } = verifier.verify(quote, collateral as Collateral, nowS)
    const sgx = report.asSgx()
    const td = report.asTd10()
    const read = sgx === null ? td && tdxFacts(td) : sgxFacts(sgx)
    if (read === null) return err({ fault: 'quote_invalid', detail: 'it is of an unknown kind' })
    // The verifier refuses it too; who relies on one check alone reads other people's changelogs.
    if (read.isDebug) return err({ fault: 'debug_mode' })
    const { isDebug: _, ...facts } = read
    return ok({ ...facts, tcbStatus: status, advisoryIds: advisory_ids })
  } catch (error) {
    return err({ fault: 'quote_invalid', detail: (error as Error).message })
  }
}

/** Collateral for a quote from a PCCS; a fault in words where there is none. */
export async function fetchCollateral(
  pccsUrl: string,
  quote: Uint8Array,
): Promise<Result<unknown, QuoteFault>> {
  const verifier = await import('@phala/dcap-qvl').catch(() => undefined)
  if (verifier === undefined) return err({ fault: 'verifier_missing' })
  try {
    return ok(await verifier.getCollateral(pccsUrl, quote))
  } catch (error) {
    return err({ fault: 'quote_invalid', detail: `no collateral: ${(error as Error).message}` })
  }
}

type Read = Pick<QuoteFacts, 'teeType' | 'reportData' | 'measurements'> & {
  readonly isDebug: boolean
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Bit 0 of the attributes. Source: Intel TDX DCAP quoting library, TD_ATTRIBUTES.TUD.DEBUG. */
const tdxFacts = (td: TDReport10): Read => ({
  teeType: 'tdx',
  reportData: hex(td.reportData),
  measurements: {
    mrtd: hex(td.mrTd),
    rtmr0: hex(td.rtMr0),
    rtmr1: hex(td.rtMr1),
    rtmr2: hex(td.rtMr2),
    rtmr3: hex(td.rtMr3),
    mrconfigid: hex(td.mrConfigId),
  },
  isDebug: ((td.tdAttributes[0] ?? 1) & 1) !== 0,
})

/** Bit 1 of the attributes. Source: Intel SGX SDK, SGX_FLAGS_DEBUG. */
const sgxFacts = (sgx: EnclaveReport): Read => ({
  teeType: 'sgx',
  reportData: hex(sgx.reportData),
  measurements: { mrenclave: hex(sgx.mrEnclave), mrsigner: hex(sgx.mrSigner) },
  isDebug: ((sgx.attributes[0] ?? 2) & 2) !== 0,
})

/** Whether a genuine quote says what it should: made for `reportData` (64 bytes), in an environment that is known. */
export function judgeQuote(
  facts: QuoteFacts,
  policy: QuotePolicy,
  reportData: Uint8Array,
): Result<QuoteFacts, QuoteFault> {
  if (facts.reportData !== hex(reportData)) return err({ fault: 'report_data_mismatch' })
  if (!policy.tcbStatuses.includes(facts.tcbStatus)) {
    return err({ fault: 'tcb_status', detail: facts.tcbStatus })
  }
  const isAllowed = policy.allowed.some((known) => {
    const named = Object.entries(known)
    return named.length > 0 && named.every(([name, value]) => facts.measurements[name] === value)
  })
  return isAllowed ? ok(facts) : err({ fault: 'measurement_unknown' })
}
