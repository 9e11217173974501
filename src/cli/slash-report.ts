import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ContractCall } from '../chain/contracts.ts'
import type { FaultEvidence } from '../client/fault-evidence.ts'
import {
  type FaultStanding,
  faultState,
  faultSteps,
  readFaultStanding,
} from '../client/fault-standing.ts'
import type { Address } from '../domain/units.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { panelBondSteps } from './panel-bond.ts'
import { proofBondSteps } from './proof-bond.ts'
import { faultWords, readEvidence } from './slash-evidence.ts'
import type { FaultOptions } from './slash-options.ts'
import {
  type FaultPlace,
  faultAccount,
  namedAccount,
  openFaultPlace,
  placeOfEvidence,
} from './slash-place.ts'
import { takeFaultSteps } from './slash-steps.ts'

/** Reports a fault, and whatever is left of it until its reporter is paid. A second run goes on. */
export async function reportFault(
  operands: readonly string[],
  options: FaultOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { terminal } = surroundings
  const evidence = readEvidence(operands[0])
  const at = await openFaultPlace(options, await placeOfEvidence(options, evidence))
  const account = await faultAccount(options, terminal)
  const before = orFail(await lookAtFault(at, evidence, account.address))
  for (const line of linesOf(at, evidence, before.standing, account.address)) {
    terminal.printError(line)
  }
  const { verdict } = before.standing
  if (faultState(before.standing) === 'refused' && !verdict.ok) {
    throw new CommandFailure(`it would be refused: ${verdict.error.detail}`)
  }
  const { standing, mined } = await takeFaultSteps(
    at,
    {
      look: () => lookAtFault(at, evidence, account.address),
      account,
      question: questionOf(at, before.standing),
      stepsLeft: stepsOf,
    },
    options,
    terminal,
  )
  const transactions = mined.map(({ transactionHash }) => transactionHash)
  const told = { standing: standing.standing, account: account.address, transactions }
  report(surroundings, options, outcomeOf(at, evidence, told))
  return 0
}

type LookedAt = { readonly standing: FaultStanding; readonly steps: readonly ContractCall[] }

const stepsOf = ({ steps }: LookedAt): readonly ContractCall[] => steps

/** An accuser's bond is approved first. */
async function lookAtFault(
  at: FaultPlace,
  evidence: FaultEvidence,
  account: Address,
): Promise<Result<LookedAt, ChainFailure>> {
  const { rpc, contracts, place } = at
  const standing = await readFaultStanding(rpc, contracts, evidence, place)
  if (!standing.ok) return standing
  const steps = faultSteps(standing.value, { evidence, contracts, account })
  const accuses = steps.some(({ functionName }) => functionName === 'accuse')
  const asks = steps.some(({ functionName }) => functionName === 'requestProof')
  const bond = accuses
    ? await panelBondSteps(at, account, 'accuser')
    : asks
      ? await proofBondSteps(at, account)
      : []
  return ok({ standing: standing.value, steps: [...bond, ...steps] })
}

/** Where the fault stands, and what can be done. Sends nothing. */
export async function showFault(
  operands: readonly string[],
  options: FaultOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const evidence = readEvidence(operands[0])
  const at = await openFaultPlace(options, await placeOfEvidence(options, evidence))
  const account = await namedAccount(options, surroundings.terminal)
  const standing = orFail(await readFaultStanding(at.rpc, at.contracts, evidence, at.place))
  report(surroundings, options, outcomeOf(at, evidence, { standing, account, transactions: [] }))
  return 0
}

function linesOf(
  at: FaultPlace,
  evidence: FaultEvidence,
  { verdict, facts, faultId }: FaultStanding,
  account: Address,
): readonly string[] {
  const { role, operator } = facts.accused
  const head = [
    `${evidence.kind}: ${faultWords[evidence.kind]}`,
    `accused: the ${role} ${operator}, with ${at.amount(facts.stake)} at stake and ${at.amount(facts.unbonding)} on its way out`,
    `fault ${faultId}`,
  ]
  if (!verdict.ok) return head
  const { taken, reward } = verdict.value
  const when = { S4: ' if the promise was not kept', S7: ' if the jury agrees' } as const
  const condition = evidence.kind in when ? when[evidence.kind as keyof typeof when] : ''
  return [
    ...head,
    `${at.amount(taken)} would be taken${condition}, ${at.amount(reward)} of it for ${account}`,
  ]
}

const questionOf = (at: FaultPlace, standing: FaultStanding): string =>
  standing.verdict.ok
    ? `Report it, for a reward of ${at.amount(standing.verdict.value.reward)}?`
    : 'Go on?'

/** What a person reads of each state. */
function sentenceOf(at: FaultPlace, standing: FaultStanding, account: Address | undefined): string {
  const { forfeit, challenge, verdict } = standing
  const until = (seconds: number | undefined) => new Date((seconds ?? 0) * 1000).toISOString()
  switch (faultState(standing)) {
    case 'reportable':
      return verdict.ok
        ? `it can be reported: ${at.amount(verdict.value.taken)} would be taken, ${at.amount(verdict.value.reward)} of it for the reporter`
        : 'it can be reported'
    case 'refused':
      return verdict.ok ? 'it is refused' : `it would be refused: ${verdict.error.detail}`
    case 'unasked':
      return "nobody has asked the gateway for its proof: 'vouch slash report' asks, with a bond that comes back with the reward if there is none"
    case 'asked':
      return `the gateway was asked for its proof and can show it until ${until(standing.facts.proofAnswerableUntilS)}; run 'vouch slash report' again after that`
    case 'challenged':
      return `challenged by ${challenge?.reporter}: the gateway can show until ${until(challenge?.answerableUntilS)} that it kept its promise; run 'vouch slash report' again after that`
    case 'unanswered':
      return "the gateway did not show that it kept its promise: 'vouch slash report' concludes it"
    case 'answered':
      return 'challenged, and the gateway showed that it kept its promise, or it was concluded and nothing could be taken'
    case 'accused':
      return "the panel has it: 'vouch panel status' tells where the case stands"
    case 'slashed':
      return forfeit?.reporter === account
        ? `slashed; ${at.amount(forfeit?.unpaid ?? 0n)} of it is not paid out yet`
        : `slashed; ${forfeit?.reporter} reported it first`
    case 'paid':
      return `slashed and paid out; ${forfeit?.reporter === account ? 'you' : forfeit?.reporter} reported it`
  }
}

function outcomeOf(
  at: FaultPlace,
  evidence: FaultEvidence,
  told: {
    readonly standing: FaultStanding
    readonly account: Address | undefined
    readonly transactions: readonly string[]
  },
) {
  const { standing, account, transactions } = told
  const { verdict, facts, faultId, forfeit, challenge } = standing
  return {
    lines: [sentenceOf(at, standing, account)],
    value: {
      object: 'vouch.slash',
      kind: evidence.kind,
      state: faultState(standing),
      fault_id: faultId,
      accused: facts.accused.operator,
      role: facts.accused.role,
      refusal: verdict.ok ? null : verdict.error.reason,
      expected_taken: verdict.ok ? verdict.value.taken : null,
      expected_reward: verdict.ok ? verdict.value.reward : null,
      reporter: forfeit?.reporter ?? challenge?.reporter ?? null,
      unpaid: forfeit?.unpaid ?? null,
      answerable_until: challenge?.answerableUntilS ?? null,
      stake: facts.stake,
      unbonding: facts.unbonding,
      asset: at.asset,
      transactions,
    },
  }
}
