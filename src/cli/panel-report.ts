import type { Address } from '../domain/units.ts'
import { type CaseStanding, hasVoted, type PanelStanding } from './panel-standing.ts'
import type { FaultPlace } from './slash-place.ts'

/** A case as `account` sees it, for a person and as JSON. */
export function panelOutcome(
  at: FaultPlace,
  { member, of }: PanelStanding,
  account: Address | undefined,
): { readonly lines: readonly string[]; readonly value: Readonly<Record<string, unknown>> } {
  const membership = member.isMember
    ? `is a member with a bond of ${at.amount(member.bond)}`
    : 'is no member'
  const own = `${account} ${membership}; the panel owes it ${at.amount(member.credit)}`
  return {
    lines: [
      ...(of === undefined ? [] : [sentenceOf(of)]),
      ...(of?.ballot.isOnJury ? [`${account} is on its jury${voteWords(of)}`] : []),
      ...(account === undefined ? [] : [own]),
    ],
    value: {
      object: 'vouch.panel',
      case: of === undefined ? null : caseValue(of),
      is_member: member.isMember,
      bond: member.bond,
      credit: member.credit,
    },
  }
}

const caseValue = ({ digest, open, jury, ballot, forfeit }: CaseStanding) => ({
  digest,
  state: open.state,
  round: open.round,
  found_wrong: open.foundWrong,
  accused: open.accused,
  accuser: open.accuser,
  jury,
  on_jury: ballot.isOnJury,
  voted: hasVoted(ballot),
  revealed: ballot.isRevealed,
  taken_unpaid: forfeit?.unpaid ?? null,
})

function voteWords({ ballot }: CaseStanding): string {
  if (ballot.isRevealed) return ', and its vote is revealed'
  return hasVoted(ballot) ? ', and its vote is to be revealed' : ', and has not voted'
}

function sentenceOf({ open }: CaseStanding): string {
  const until = (seconds: number) => new Date(seconds * 1000).toISOString()
  const verdict = open.foundWrong ? 'the answer is wrong' : 'the answer was not found wrong'
  switch (open.state) {
    case 'none':
      return 'no case is open'
    case 'drawing':
      return `a jury can be drawn after block ${open.drawBlock}, until ${until(open.drawUntilS)}`
    case 'voting':
      return `votes are handed in until ${until(open.commitUntilS)}, and revealed until ${until(open.revealUntilS)}`
    case 'decided':
      return open.round === 0
        ? `the verdict: ${verdict}; it can be appealed until ${until(open.appealUntilS)}`
        : `the verdict on appeal: ${verdict}`
    case 'closed':
      return `closed: ${verdict}`
  }
}
