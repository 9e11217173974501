import { ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type ContractCall, encodeCall } from './contracts.ts'
import { costOf, estimateGas, fundsNeededRoundedUp } from './deployment-cost.ts'
import { readFeeQuote } from './fees.ts'
import type { JsonRpc } from './json-rpc.ts'
import type { OperatorStepName } from './operator-steps.ts'

/** What transactions would cost in the chain's own coin, at its price now. On a rollup the fee for its data comes on top. */
export type StepsCost = {
  /** For each step, in its order. */
  readonly gases: readonly bigint[]
  /** Wei for one unit of gas. */
  readonly gasPrice: bigint
  /** Wei that will probably be spent… */
  readonly fee: bigint
  /** …and wei that the account must hold, because each transaction reserves more than it uses. */
  readonly fundsNeeded: bigint
}

/**
 * What each takes where a node cannot tell, rounded up from whole transactions of the development chain; held to them by
 * test/e2e/contributor-registration.test.ts. A token of its own ways may take more.
 */
export const typicalGas: Readonly<Record<OperatorStepName, bigint>> = {
  approve: 60_000n,
  register: 200_000n,
  addStake: 80_000n,
  addSigningKey: 80_000n,
  revokeSigningKey: 50_000n,
  registerPayout: 140_000n,
  setEndpoint: 40_000n,
  startUnbonding: 60_000n,
  cancelUnbonding: 50_000n,
  withdrawUnbonded: 80_000n,
  pause: 40_000n,
  resume: 40_000n,
}

/** Sends nothing. Steps that would revert now, for want of money or because of one another, count as usual. */
export async function estimateSteps(
  rpc: JsonRpc,
  from: Address,
  steps: readonly ContractCall[],
  usualGas: Readonly<Record<string, bigint>> = typicalGas,
): Promise<Result<StepsCost, ChainFailure>> {
  const quote = await readFeeQuote(rpc)
  if (!quote.ok) return quote
  const transactions = await Promise.all(
    steps.map(async (step) => ({
      ...step,
      to: step.contract.address,
      data: await encodeCall(step),
    })),
  )
  const estimated = await estimateGas(rpc, from, transactions)
  if (!estimated.ok && estimated.error.reason !== 'reverted') return estimated
  const gases = steps.map(
    ({ functionName }, i) =>
      (estimated.ok ? estimated.value[i] : undefined) ?? usualGas[functionName] ?? 0n,
  )
  return ok({
    gases,
    gasPrice: quote.value.gasPrice,
    fee: costOf(gases, quote.value),
    fundsNeeded: fundsNeededRoundedUp(gases, quote.value),
  })
}
