/* The verdict, line by line. Everything that comes out of a receipt goes in as text. */
import {
  type CheckLine,
  type Conclusion,
  conclude,
  isDecisive,
} from '../../src/client/check-line.ts'
import { describeStatus } from '../../src/client/describe-status.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import { provenTiers } from '../../src/client/proven-tiers.ts'
import { claimedTiers, type TierClaim, tierClaims } from '../../src/domain/tier-claims.ts'
import { titleOf } from './check-titles.ts'
import { byId, make, sentence } from './dom.ts'

const signs = { holds: '✓', fails: '✕', unknown: '?' } as const
const spoken = { holds: 'holds', fails: 'fails', unknown: 'not checked' } as const

const lineList = () => byId('lines', HTMLOListElement)

export function clearVerdict(): void {
  lineList().replaceChildren()
  byId('summary', HTMLElement).hidden = true
  byId('tier-section', HTMLElement).hidden = true
  showConclusion('waiting', 'Nothing to check yet', 'Put a receipt in, and its lines appear here.')
}

export function showWorking(why: string): void {
  lineList().replaceChildren()
  showConclusion('waiting', 'Checking…', why)
}

/** One frame for each line, so that an eye can follow; at once for whoever asked for no motion. */
export async function drawLines(lines: readonly CheckLine[]): Promise<void> {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  lineList().replaceChildren()
  for (const line of lines) {
    lineList().append(lineItem(line))
    if (!still) await new Promise((resolve) => requestAnimationFrame(resolve))
  }
}

/** Where a sentence names an option of `vouch verify`, the page has a field, or has not. */
const onThisPage = (detail: string): string =>
  detail
    .replace(/give --vk or --manifest$/, 'fill one in above')
    .replace(
      /(?:add|give) --(?:request|response|content|rpc|log|manifest|vk)\b/,
      'fill it in above',
    )
    .replace(/give --dev-insecure where that will do/, 'say above where that will do')
    .replace(/give --\w+-key, --trust, or --rpc$/, 'name a key or a node above')
    .replace(/with --verifier or --trust/, 'above')
    .replace(/add --(?:opening|auditor)/, 'vouch verify looks at it')

function lineItem({ check, verdict, detail }: CheckLine): HTMLElement {
  const sign = make('span', 'sign', signs[verdict])
  sign.setAttribute('aria-hidden', 'true')
  const title = make('p', 'title', titleOf(check))
  title.append(make('span', 'visually-hidden', `: ${spoken[verdict]}`), make('code', '', check))
  return make(
    'li',
    `line ${verdict}`,
    sign,
    make('div', '', title, make('p', 'detail', ...sentence(onThisPage(detail)))),
  )
}

const words: Readonly<Record<Conclusion, string>> = {
  holds: 'It holds',
  fails: 'It does not hold',
  unproven: 'Not proven',
}

export function drawConclusion(
  lines: readonly CheckLine[],
  receipt: ParsedReceipt | undefined,
): Conclusion {
  const conclusion = conclude(lines)
  showConclusion(conclusion, words[conclusion], reasonOf(lines, conclusion))
  const against = lines.filter((line) => line.verdict === 'fails' || isDecisive(line))
  if (against.length > 0) byId('conclusion', HTMLElement).append(listOf(against))
  drawSummary(receipt)
  drawTiers(receipt, lines, conclusion)
  return conclusion
}

function reasonOf(lines: readonly CheckLine[], conclusion: Conclusion): string {
  const held = lines.filter(({ verdict }) => verdict === 'holds').length
  const counted = `${held} of ${lines.length} checks hold`
  switch (conclusion) {
    case 'holds': {
      const open = lines.filter(({ verdict }) => verdict === 'unknown').length
      return `${counted}${open === 0 ? '.' : `, ${open} not made. None fails.`}`
    }
    case 'fails':
      return `${counted}, and this does not:`
    case 'unproven':
      return 'Nothing is wrong, but without this the rest proves nothing:'
  }
}

const listOf = (lines: readonly CheckLine[]): HTMLElement =>
  make(
    'ul',
    '',
    ...lines.map(({ check, detail }) =>
      make('li', '', make('b', '', titleOf(check)), ': ', ...sentence(onThisPage(detail))),
    ),
  )

function showConclusion(kind: Conclusion | 'waiting', word: string, why: string): void {
  const place = byId('conclusion', HTMLElement)
  place.className = `conclusion ${kind}`
  place.replaceChildren(make('p', 'word', word), make('p', 'why', why))
}

function drawSummary(parsed: ParsedReceipt | undefined): void {
  const place = byId('summary', HTMLElement)
  place.hidden = parsed === undefined
  if (parsed === undefined) return
  const { receipt, priceSheet } = parsed
  const { work } = receipt
  const rows: readonly (readonly [string, string])[] = [
    ['Receipt', receipt.receiptId],
    ['Answer', describeStatus(work.status)],
    ['Tokens', `${work.promptTokens} in, ${work.completionTokens} out`],
    ['Charged', `${receipt.cost} atomic units of ${priceSheet.asset}`],
    ['Gateway', work.gateway],
    ['Contributor', work.contributor],
  ]
  place.replaceChildren(
    ...rows.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', ...sentence(value))]),
  )
}

const tierHeadings: Readonly<Record<Conclusion, string>> = {
  holds: 'What it proves, and what it does not',
  fails: 'It proves nothing. What its evidence would mean',
  unproven: 'It proves nothing yet. What its evidence would mean',
}

function drawTiers(
  parsed: ParsedReceipt | undefined,
  lines: readonly CheckLine[],
  conclusion: Conclusion,
): void {
  byId('tier-section', HTMLElement).hidden = parsed === undefined
  if (parsed === undefined) return
  byId('h-tiers', HTMLElement).textContent = tierHeadings[conclusion]
  const claimed = claimedTiers(parsed.receipt.tiers)
  // Of a receipt that does not hold nothing is proven, whatever single lines say.
  const proven = conclusion === 'holds' ? provenTiers(parsed.receipt, lines) : 0
  byId('tier-list', HTMLElement).replaceChildren(
    ...tierClaims.map((claim) =>
      tierCard(claim, stateOf(claimed.includes(claim), (proven & claim.bit) !== 0)),
    ),
  )
}

type TierState = 'proven' | 'claimed' | 'absent'
const stateWords = {
  proven: 'proven',
  claimed: 'claimed, not proven here',
  absent: 'not claimed',
} as const satisfies Record<TierState, string>

/** The payer's own signature is claimed by no receipt. */
function stateOf(isClaimed: boolean, isProven: boolean): TierState {
  if (isProven) return 'proven'
  return isClaimed ? 'claimed' : 'absent'
}

function tierCard({ bit, name, proves, doesNotProve }: TierClaim, state: TierState): HTMLElement {
  const card = make('details', `tier ${state}`)
  card.toggleAttribute('open', state !== 'absent')
  card.append(
    make(
      'summary',
      '',
      make('span', 'bit', String(bit)),
      make('span', '', name.replaceAll('-', ' ')),
      make('span', 'state', stateWords[state]),
    ),
    make('p', 'proves', make('b', '', 'Proves '), `${proves}.`),
    make('p', 'proves-not', make('b', '', 'Does not prove '), `${doesNotProve}.`),
  )
  return card
}
