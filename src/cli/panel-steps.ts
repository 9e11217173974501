/*
 * What is left to send for each thing that a party of the panel can ask, or why nothing is: the chain's state decides, so that
 * the same command run twice does its work once.
 */
import type { ContractCall } from '../chain/contracts.ts'
import { receiptFaultId } from '../chain/fault-ids.ts'
import { hashVote, type PanelVote } from '../chain/reexecution-panel-contract.ts'
import type { FaultContracts } from '../chain/slashing-contract.ts'
import type { Address } from '../domain/units.ts'
import type { PanelBond } from './panel-bond.ts'
import { type CaseStanding, hasVoted, type PanelStanding } from './panel-standing.ts'

export const caseActions = [
  'draw',
  'vote',
  'reveal',
  'tally',
  'appeal',
  'conclude',
  'abandon',
] as const
export const memberActions = ['enroll', 'resign', 'withdraw'] as const

export type PanelAction = (typeof caseActions)[number] | (typeof memberActions)[number]

/** Who asks for what, and what only it knows. */
export type PanelAsking = {
  readonly action: PanelAction
  readonly account: Address
  readonly contracts: FaultContracts
  /** Where withdrawn money goes. */
  readonly to: Address
  /** The member's own, where it has one. */
  readonly vote: PanelVote | undefined
}

/** The transactions that are left; with `bond` an approval comes before them. `why` there are none, for a person. */
export type PanelSteps = {
  readonly steps: readonly ContractCall[]
  readonly bond?: PanelBond
  readonly why?: string
  /** Whether that is a refusal, and not work that was done already. */
  readonly isRefused?: boolean
}

export function panelSteps(standing: PanelStanding, asking: PanelAsking): PanelSteps {
  const { contracts, to } = asking
  const { member } = standing
  const call = (functionName: string, ...args: unknown[]): PanelSteps => ({
    steps: [{ contract: contracts.panel, functionName, args }],
  })
  switch (asking.action) {
    case 'enroll':
      return member.isMember
        ? done('it is a member already')
        : { ...call('enroll'), bond: 'member' }
    case 'resign':
      if (!member.isMember) return done('it is no member')
      return member.duties > 0
        ? refused(`it sits on ${member.duties} open case(s): it can leave when they are closed`)
        : call('resign')
    case 'withdraw':
      return member.credit === 0n ? done('the panel owes it nothing') : call('withdraw', to)
    default:
      return standing.of === undefined
        ? refused('which case? Give the evidence or the digest of its receipt')
        : caseSteps(standing, standing.of, { ...asking, action: asking.action })
  }
}

type CaseAction = (typeof caseActions)[number]
type CaseRule = (standing: PanelStanding, of: CaseStanding, asking: PanelAsking) => PanelSteps

function caseSteps(
  standing: PanelStanding,
  of: CaseStanding,
  asking: PanelAsking & { readonly action: CaseAction },
): PanelSteps {
  if (of.open.state === 'none') return refused('nobody accuses this receipt')
  return rules[asking.action](standing, of, asking)
}

/** A call of the panel about the case. */
const callOf = (
  functionName: CaseAction,
  { digest }: CaseStanding,
  { contracts }: PanelAsking,
): PanelSteps => ({ steps: [{ contract: contracts.panel, functionName, args: [digest] }] })

function drawSteps(
  { blockNumber }: PanelStanding,
  of: CaseStanding,
  asking: PanelAsking,
): PanelSteps {
  const { state, drawBlock } = of.open
  if (state !== 'drawing') return done('the jury was drawn')
  return blockNumber < drawBlock
    ? refused(`a jury can be drawn after block ${drawBlock}, it is ${blockNumber}`)
    : callOf('draw', of, asking)
}

function tallySteps({ nowS }: PanelStanding, of: CaseStanding, asking: PanelAsking): PanelSteps {
  const { state, revealUntilS } = of.open
  if (state === 'decided' || state === 'closed') return done('the votes were counted')
  if (state !== 'voting') return refused('no jury was drawn yet')
  return nowS <= revealUntilS ? refused(notBefore(revealUntilS)) : callOf('tally', of, asking)
}

function appealSteps({ nowS }: PanelStanding, of: CaseStanding, asking: PanelAsking): PanelSteps {
  const { round, state, appealUntilS } = of.open
  if (round === 1) return done('it was appealed')
  if (state !== 'decided') return refused('there is no verdict to appeal')
  return nowS > appealUntilS
    ? refused('the time to appeal is over')
    : { ...callOf('appeal', of, asking), bond: 'appellant' }
}

function abandonSteps({ nowS }: PanelStanding, of: CaseStanding, asking: PanelAsking): PanelSteps {
  const { state, drawUntilS } = of.open
  if (state !== 'drawing') return refused('a jury was drawn: the case goes on')
  return nowS <= drawUntilS ? refused(notBefore(drawUntilS)) : callOf('abandon', of, asking)
}

function voteSteps(
  { nowS }: PanelStanding,
  { open, ballot, digest }: CaseStanding,
  { contracts, vote }: PanelAsking,
): PanelSteps {
  if (open.state !== 'voting') return refused('there is no vote on this case now')
  if (!ballot.isOnJury) return refused('it is not on this jury')
  if (vote === undefined) return refused('say --wrong or --right')
  const commitment = hashVote(vote)
  if (ballot.commitment === commitment) return done('the vote was handed in')
  if (hasVoted(ballot)) return refused('another vote was handed in, and none can be changed')
  if (nowS > open.commitUntilS) return refused('the time to vote is over')
  const step = { contract: contracts.panel, functionName: 'commitVote', args: [digest, commitment] }
  return { steps: [step] }
}

function revealSteps(
  { nowS }: PanelStanding,
  { open, ballot, digest }: CaseStanding,
  { contracts, vote }: PanelAsking,
): PanelSteps {
  if (ballot.isRevealed) return done('the vote was revealed')
  if (open.state !== 'voting') return refused('there is no vote on this case now')
  if (!hasVoted(ballot)) return refused('this account has handed in no vote')
  if (vote === undefined || hashVote(vote) !== ballot.commitment) {
    return refused('the vote that was handed in is not kept here: --votes names its folder')
  }
  if (nowS <= open.commitUntilS) return refused(notBefore(open.commitUntilS))
  if (nowS > open.revealUntilS) return refused('the time to reveal is over')
  const args = [digest, vote.wrong, vote.salt]
  return { steps: [{ contract: contracts.panel, functionName: 'revealVote', args }] }
}

/** Closes the case, and has the accuser's reward paid out where it is the accuser who closes it. */
function concludeSteps(
  { nowS }: PanelStanding,
  { open, digest, forfeit }: CaseStanding,
  { contracts, account }: PanelAsking,
): PanelSteps {
  const conclude = { contract: contracts.panel, functionName: 'conclude', args: [digest] }
  const faultId = receiptFaultId('S7', digest)
  const pay = { contract: contracts.contributors, functionName: 'payForfeit', args: [faultId] }
  if (open.state === 'closed') {
    const isOwed = forfeit !== undefined && forfeit.unpaid > 0n && forfeit.reporter === account
    return isOwed ? { steps: [pay] } : done('the case is closed')
  }
  if (open.state !== 'decided') return refused('the votes were not counted yet')
  if (open.round === 0 && nowS <= open.appealUntilS) return refused(notBefore(open.appealUntilS))
  return { steps: open.foundWrong && open.accuser === account ? [conclude, pay] : [conclude] }
}

const rules: Readonly<Record<CaseAction, CaseRule>> = {
  draw: drawSteps,
  vote: voteSteps,
  reveal: revealSteps,
  tally: tallySteps,
  appeal: appealSteps,
  conclude: concludeSteps,
  abandon: abandonSteps,
}

const done = (why: string): PanelSteps => ({ steps: [], why })
const refused = (why: string): PanelSteps => ({ steps: [], why, isRefused: true })
const notBefore = (seconds: number): string =>
  `that can be done after ${new Date(seconds * 1000).toISOString()}`
