/**
 * What is looked at, in the order of docs/receipts.md. Names are part of `vouch verify --json` and
 * never change.
 */
export const checkNames = [
  'receipt',
  'shape',
  'domain',
  'gateway-signature',
  'contributor-signature',
  'gateway-key',
  'contributor-key',
  'tiers',
  'evidence',
  'evidence-hash',
  'token-commitment',
  'audit',
  'tee-key',
  'proof',
  'proof-statement',
  'proof-key',
  'proof-setup',
  'countersignature',
  'checkpoint',
  'checkpoint-key',
  'checkpoint-stream',
  'times',
  'usage',
  'sequence',
  'price-sheet',
  'cost',
  'content',
  'request',
  'response',
  'answer-in-response',
  'stream',
  'rewriting',
  'policy-verifier',
  'policy-gateway',
  'policy-model',
  'policy-tiers',
  'policy-age',
  'policy-channel',
  'policy-price',
  'policy-anchoring',
  'ending',
  'continuity',
  'keyset',
  'inclusion',
  'inclusion-anchored',
  'chain',
  'verifier-contract',
  'verify-call',
  'verify-content-call',
  'gateway-registration',
  'contributor-registration',
  'price-sheet-published',
  'receipt-status',
  'channel',
] as const
export type CheckName = (typeof checkNames)[number]

/**
 * `unknown`: it was not checked, and `detail` says what is missing. Never a polite word for
 * `holds`.
 */
type Verdict = 'holds' | 'fails' | 'unknown'

export type CheckLine = {
  readonly check: CheckName
  readonly verdict: Verdict
  /** One sentence for a person, with the evidence. */
  readonly detail: string
}

export const holds = (check: CheckName, detail: string): CheckLine => ({
  check,
  verdict: 'holds',
  detail,
})
export const fails = (check: CheckName, detail: string): CheckLine => ({
  check,
  verdict: 'fails',
  detail,
})
export const unknown = (check: CheckName, detail: string): CheckLine => ({
  check,
  verdict: 'unknown',
  detail,
})

/**
 * `unproven`: nothing is wrong, but something without which the rest means nothing was not checked.
 */
export type Conclusion = 'holds' | 'fails' | 'unproven'

/**
 * Checks that nothing can stand in for. Any digest and any signature recover to some key, so a
 * receipt whose keys nobody knows proves nothing, however well the rest holds; and what a person
 * asked for (a chain, a tier) is not optional.
 */
const decisiveChecks: ReadonlySet<CheckName> = new Set([
  'gateway-signature',
  'contributor-signature',
  'gateway-key',
  'contributor-key',
  'policy-tiers',
  'proof',
  'proof-key',
  'proof-setup',
  'chain',
  'verify-call',
])

/** Whether a line stands between this receipt and `holds`. */
export const isDecisive = (line: CheckLine): boolean =>
  line.verdict === 'unknown' && decisiveChecks.has(line.check)

/** The verdict over all lines. No line at all proves nothing. */
export function conclude(lines: readonly CheckLine[]): Conclusion {
  if (lines.some(({ verdict }) => verdict === 'fails')) return 'fails'
  return lines.length === 0 || lines.some(isDecisive) ? 'unproven' : 'holds'
}

/**
 * Lines from offline and from a chain as one list with one line for each check, in their order. Of
 * two answers a failure counts before anything else, and whatever was found out before `unknown`.
 */
export function joinLines(
  offline: readonly CheckLine[],
  onChain: readonly CheckLine[],
): readonly CheckLine[] {
  const joined = new Map<CheckName, CheckLine>()
  for (const line of [...offline, ...onChain]) {
    const before = joined.get(line.check)
    if (before === undefined || weight[line.verdict] >= weight[before.verdict]) {
      joined.set(line.check, line)
    }
  }
  return checkNames.flatMap((check) => joined.get(check) ?? [])
}

const weight = { unknown: 0, holds: 1, fails: 2 } as const satisfies Record<Verdict, number>
