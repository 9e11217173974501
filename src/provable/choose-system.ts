import type { ProofCost } from './predict-costs.ts'

/** Beyond these a proof is a matter of many minutes or of more memory than a gateway has to spare. */
const constraintsMax: Readonly<Record<ProofCost['system'], number>> = {
  groth16: 2 ** 18,
  ultrahonk: 2 ** 20,
  ezkl: 2 ** 17,
}
/** Above so many seconds of one processor a caller would rather pay more gas. */
const patienceCpuS = 10

export type SystemChoice = {
  readonly chosen: ProofCost
  /** One sentence for whoever asked for `auto`. */
  readonly because: string
}

/**
 * The rule of `auto`: of the systems that take the model within their bounds, those whose proof takes at most ten seconds of one
 * processor, or all where there is none; of them the one whose verification costs least gas. Undefined where no system takes it.
 */
export function chooseSystem(costs: readonly ProofCost[]): SystemChoice | undefined {
  const within = costs.filter(({ system, constraints }) => constraints <= constraintsMax[system])
  const quick = within.filter(({ proveCpuS }) => proveCpuS <= patienceCpuS)
  const [first, ...others] = quick.length === 0 ? within : quick
  if (first === undefined) return undefined
  const chosen = others.reduce(
    (best, cost) => (cost.verifyGas < best.verifyGas ? cost : best),
    first,
  )
  const { system, verifyGas, proveCpuS } = chosen
  const among = within.map((cost) => cost.system).join(', ')
  return {
    chosen,
    because: `${system}: of ${among} the cheapest to verify, about ${verifyGas} gas, in about ${proveCpuS.toFixed(1)} processor seconds`,
  }
}
