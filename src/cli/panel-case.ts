/*
 * One party's part in a case of the re-execution panel, and what it has there.
 */
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ContractCall } from '../chain/contracts.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { type PanelVote, readPanelTerms } from '../chain/reexecution-panel-contract.ts'
import type { ReceiptPlace } from '../client/parse-receipt-document.ts'
import { type Address, type Bytes32, bytes32, isBytes32, zeroAddress } from '../domain/units.ts'
import { needed } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { panelBondSteps } from './panel-bond.ts'
import { panelOutcome } from './panel-report.ts'
import { type PanelStanding, readPanelStanding } from './panel-standing.ts'
import { type PanelAction, type PanelAsking, type PanelSteps, panelSteps } from './panel-steps.ts'
import { keepVote, readVote, votesFolderOf } from './panel-votes.ts'
import { readEvidence } from './slash-evidence.ts'
import type { FaultOptions } from './slash-options.ts'
import { type FaultPlace, faultAccount, namedAccount, openFaultPlace } from './slash-place.ts'
import { takeFaultSteps } from './slash-steps.ts'

/** Sends what is left of the action. What was done before is no failure; what cannot be done is. */
export async function actOnPanel(
  action: PanelAction,
  operand: string | undefined,
  options: FaultOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { terminal } = surroundings
  const { at, digest } = await openCase(operand, options)
  const account = await faultAccount(options, terminal)
  const before = orFail(await readPanelStanding(at, { account: account.address, digest }))
  const asking: PanelAsking = {
    action,
    account: account.address,
    contracts: at.contracts,
    to: options.to ?? account.address,
    vote: voteOf(action, before, account.address, options),
  }
  const first = panelSteps(before, asking)
  if (first.isRefused) throw new CommandFailure(first.why ?? 'it cannot be done now')
  const { standing, mined } = await takeFaultSteps(
    at,
    {
      look: () => lookAtCase(at, asking, digest),
      stepsLeft: ({ calls }) => calls,
      account,
      question: questions[action],
    },
    options,
    terminal,
  )
  const done = mined.length === 0 ? [first.why ?? 'nothing was left to do'] : []
  const transactions = mined.map(({ transactionHash }) => transactionHash)
  const outcome = panelOutcome(at, standing.standing, account.address)
  report(surroundings, options, {
    lines: [...done, ...outcome.lines],
    value: { ...outcome.value, transactions },
  })
  return 0
}

/** The case, the seat and the money of an account. Sends nothing. */
export async function showPanel(
  operand: string | undefined,
  options: FaultOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { at, digest } = await openCase(operand, options)
  const account = await namedAccount(options, surroundings.terminal)
  const standing = orFail(await readPanelStanding(at, { account: account ?? zeroAddress, digest }))
  const terms = orFail(await readPanelTerms(at.rpc, at.contracts.panel))
  const outcome = panelOutcome(at, standing, account)
  const panel = `the panel has ${terms.memberCount} members, of a bond of ${at.amount(terms.memberBond)} each; who accuses bonds ${at.amount(terms.accuserBond)}, who appeals twice that, and silence costs ${at.amount(terms.silenceFine)}`
  report(surroundings, options, {
    lines: [...outcome.lines, panel],
    value: { ...outcome.value, members: terms.memberCount, terms },
  })
  return 0
}

const questions: Readonly<Record<PanelAction, string>> = {
  draw: 'Draw the jury?',
  vote: 'Hand in this vote? It must be revealed later, or it is fined as silence.',
  reveal: 'Reveal the vote?',
  tally: 'Count the votes?',
  appeal: 'Appeal? The bond is lost unless the verdict changes.',
  conclude: 'Conclude the case?',
  abandon: 'Abandon the case?',
  enroll: 'Join the panel with this bond?',
  resign: 'Leave the panel?',
  withdraw: 'Withdraw it?',
}

/** Of a case: its evidence, or the digest of its receipt with --verifier. */
async function openCase(
  operand: string | undefined,
  options: FaultOptions,
): Promise<{ readonly at: FaultPlace; readonly digest: Bytes32 | undefined }> {
  if (operand !== undefined && !isBytes32(operand)) {
    const evidence = readEvidence(operand)
    if (evidence.kind !== 'S7') {
      throw new CommandFailure(`${operand} is evidence of ${evidence.kind}: the panel judges S7`)
    }
    const place: ReceiptPlace = evidence.domain
    const digest = receiptDigest(receiptDomain(place), evidence.receipt)
    return { at: await openFaultPlace(options, place), digest }
  }
  const verifyingContract = needed('--verifier', options.verifier)
  const at = await openFaultPlace(options, { chainId: undefined, verifyingContract })
  return { at, digest: operand === undefined ? undefined : bytes32(operand) }
}

/** Kept on the disk before its commitment is sent. */
function voteOf(
  action: PanelAction,
  { of }: PanelStanding,
  member: Address,
  { verdict, votesFolder }: FaultOptions,
): PanelVote | undefined {
  if (of === undefined || (action !== 'vote' && action !== 'reveal')) return undefined
  const folder = votesFolderOf(votesFolder)
  const seat = { digest: of.digest, round: of.open.round, member }
  const isHandedIn = of.ballot.isOnJury && BigInt(of.ballot.commitment) !== 0n
  if (action === 'reveal' || isHandedIn || !of.ballot.isOnJury) return readVote(folder, seat)
  return verdict === undefined ? undefined : keepVote(folder, seat, verdict === 'wrong')
}

type LookedAt = { readonly standing: PanelStanding; readonly calls: readonly ContractCall[] }

async function lookAtCase(
  at: FaultPlace,
  asking: PanelAsking,
  digest: Bytes32 | undefined,
): Promise<Result<LookedAt, ChainFailure>> {
  const { account } = asking
  const standing = await readPanelStanding(at, { account, digest })
  if (!standing.ok) return standing
  const { steps, bond }: PanelSteps = panelSteps(standing.value, asking)
  const approval = bond === undefined ? [] : await panelBondSteps(at, account, bond)
  return ok({ standing: standing.value, calls: [...approval, ...steps] })
}
