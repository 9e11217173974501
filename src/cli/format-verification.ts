import { type CheckLine, type Conclusion, conclude, isDecisive } from '../client/check-line.ts'
import { describeStatus } from '../client/describe-status.ts'
import type { ParsedReceipt } from '../client/parse-receipt-document.ts'
import { provenTiers } from '../client/proven-tiers.ts'
import { recoverSigners } from '../client/recover-signers.ts'
import { claimedTiers, type TierClaim, tierClaims } from '../domain/tier-claims.ts'

/** What `vouch verify` says of one receipt. `receipt` is undefined for what is none. */
export type VerificationReport = {
  readonly receipt: ParsedReceipt | undefined
  readonly lines: readonly CheckLine[]
}

export type ReportStyle = {
  /** Letters and punctuation that every terminal and log shows. */
  readonly ascii: boolean
  readonly coloured: boolean
}

type Mark = { readonly sign: string; readonly ascii: string; readonly colour: number }

const marks: Readonly<Record<CheckLine['verdict'], Mark>> = {
  holds: { sign: '✓', ascii: 'ok  ', colour: 32 },
  fails: { sign: '✗', ascii: 'FAIL', colour: 31 },
  unknown: { sign: '?', ascii: '?   ', colour: 33 },
}

const checkColumnWidth = 26

/**
 * Lines for a person: the receipt in brief, each check, the verdict, and what the tiers are worth.
 */
export function formatVerification(
  report: VerificationReport,
  style: ReportStyle,
): readonly string[] {
  const { receipt, lines } = report
  const conclusion = conclude(lines)
  return [
    ...(receipt === undefined ? [] : [...summarize(receipt), '']),
    ...lines.map((line) => formatLine(line, style)),
    '',
    ...verdictLines(lines, conclusion),
    ...(receipt === undefined ? [] : ['', ...tierLines(receipt, lines, conclusion)]),
  ]
}

function summarize({ receipt, priceSheet, usage }: ParsedReceipt): readonly string[] {
  const { work, receiptId, cost, channelId } = receipt
  return [
    `receipt   ${receiptId}`,
    `answer    ${describeStatus(work.status)}`,
    `model     ${work.modelId}`,
    `charged   ${cost} atomic units of ${priceSheet.asset} to channel ${channelId}`,
    `counted   the tokens are ${usage.source} (the one field here that nobody signed)`,
  ]
}

function formatLine(line: CheckLine, { ascii, coloured }: ReportStyle): string {
  const mark = marks[line.verdict]
  const plainSign = ascii ? mark.ascii : mark.sign
  const sign = coloured ? `\u001b[${mark.colour}m${plainSign}\u001b[0m` : plainSign
  return `${sign} ${line.check.padEnd(checkColumnWidth)} ${printable(line.detail)}`
}

const detailLengthMax = 500

/** A detail may quote the document, and a document may hold what would steer a terminal. */
function printable(detail: string): string {
  const text = detail.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
  return text.length <= detailLengthMax ? text : `${text.slice(0, detailLengthMax)}…`
}

function verdictLines(lines: readonly CheckLine[], conclusion: Conclusion): readonly string[] {
  const named = (verdict: CheckLine['verdict']) =>
    lines.filter((line) => line.verdict === verdict).map(({ check }) => check)
  const notMade = named('unknown')
  const counts = `${named('holds').length} of ${lines.length} checks hold`
  const rest = notMade.length === 0 ? 'None was left out.' : `Not checked: ${notMade.join(', ')}.`
  switch (conclusion) {
    case 'holds':
      return [`HOLDS: ${counts} and none fails. ${rest}`]
    case 'fails':
      return [`DOES NOT HOLD: ${named('fails').join(', ')}. ${counts}. ${rest}`]
    case 'unproven': {
      const open = lines.filter(isDecisive).map(({ check }) => check)
      return [
        `NOT PROVEN: nothing is wrong, but without these the rest proves nothing: ` +
          `${open.join(', ')}.`,
        `${counts}. ${rest}`,
      ]
    }
  }
}

const tierHeadings: Readonly<Record<Conclusion, string>> = {
  holds: 'What this receipt proves, and what it does not:',
  fails: 'It proves nothing, because a check fails. What its tiers would mean:',
  unproven: 'It proves nothing until the checks named above are made. What its tiers would mean:',
}

function tierLines(
  { receipt }: ParsedReceipt,
  lines: readonly CheckLine[],
  conclusion: Conclusion,
): readonly string[] {
  const proven = provenTiers(receipt, lines)
  // Where nothing is proven yet, a person wants to know what the claims would mean.
  const shown = claimedTiers(conclusion === 'holds' ? proven : proven | receipt.tiers)
  const notShown = tierClaims.filter((claim) => !shown.includes(claim))
  const named = (claims: readonly TierClaim[]) => claims.map(nameTier).join(', ')
  const open = notShown.filter(({ bit }) => (receipt.tiers & bit) !== 0)
  const others = notShown.filter(({ bit }) => (receipt.tiers & bit) === 0)
  return [
    tierHeadings[conclusion],
    ...shown.flatMap((claim) => [
      `  tier ${nameTier(claim)}`,
      `    proves:         ${claim.proves}`,
      `    does not prove: ${claim.doesNotProve}`,
    ]),
    ...(open.length === 0 ? [] : [`  claimed, and not looked at: ${named(open)}`]),
    ...(others.length === 0 ? [] : [`  not claimed: ${named(others)}`]),
  ]
}

const nameTier = ({ bit, name }: TierClaim): string => `${bit} ${name}`

/** The same as one JSON value, for programs. Hashes and addresses are lower case. */
export function verificationJson({ receipt, lines }: VerificationReport): string {
  const named = (verdict: CheckLine['verdict']) =>
    lines.filter((line) => line.verdict === verdict).map(({ check }) => check)
  return JSON.stringify(
    {
      object: 'vouch.verification',
      verdict: conclude(lines),
      ...(receipt === undefined ? {} : identify(receipt, lines)),
      checks: lines,
      failed: named('fails'),
      notChecked: named('unknown'),
    },
    undefined,
    2,
  )
}

function identify(
  parsed: ParsedReceipt,
  lines: readonly CheckLine[],
): Readonly<Record<string, unknown>> {
  const { receipt } = parsed
  const { receiptDigest, gateway, contributor } = recoverSigners(parsed)
  return {
    receiptId: receipt.receiptId,
    receiptDigest,
    signers: { gateway, contributor },
    tiers: claimedTiers(receipt.tiers),
    provenTiers: provenTiers(receipt, lines),
  }
}
