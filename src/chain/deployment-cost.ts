import { err, ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { GasPrices } from './deployment-account.ts'
import type { DeploymentStep } from './deployment-progress.ts'
import type { JsonRpc } from './json-rpc.ts'
import { isQuantity, readQuantity } from './quantity.ts'

/** The most gas that a transaction may have since EIP-7825. */
const transactionGasMax = 2n ** 24n

/**
 * Gas of each step if they are sent in this order; undefined where this node cannot know it yet.
 * Nothing is sent, and `from` needs no money. A step that would revert is the failure.
 */
export async function estimateGas(
  rpc: JsonRpc,
  from: Address,
  steps: readonly DeploymentStep[],
): Promise<Result<readonly (bigint | undefined)[], ChainFailure>> {
  if (steps.length === 0) return ok([])
  const simulated = await rpc.call('eth_simulateV1', [simulation(from, steps), 'latest'])
  if (simulated.ok) return readSimulation(rpc, steps, simulated.value)
  // A node that does not know the method, or not this use of it, still knows eth_estimateGas.
  return simulated.error.reason === 'chain_error' ? estimateEach(rpc, from, steps) : simulated
}

/** A block for each, so that the gas limit of one block is no limit for all of them together. */
const simulation = (from: Address, steps: readonly DeploymentStep[]) => ({
  blockStateCalls: steps.map(({ to, data }) => ({
    calls: [{ from, to, data, gas: `0x${transactionGasMax.toString(16)}` }],
  })),
})

function readSimulation(
  rpc: JsonRpc,
  steps: readonly DeploymentStep[],
  answer: unknown,
): Result<readonly bigint[], ChainFailure> {
  const blocks = Array.isArray(answer) ? answer : []
  const gases: bigint[] = []
  for (const [i, { contract, functionName }] of steps.entries()) {
    const call: unknown = blocks[i]?.calls?.[0]
    if (!isSimulatedCall(call)) {
      const detail = `nothing for call ${i + 1} of ${steps.length}`
      return err(badAnswer({ origin: rpc.origin, method: 'eth_simulateV1', detail }))
    }
    if (call.status !== '0x1') {
      const error = call.error?.message ?? 'no reason given'
      return err({ reason: 'reverted', call: `${contract.name}.${functionName}`, error })
    }
    gases.push(BigInt(call.gasUsed))
  }
  return ok(gases)
}

type SimulatedCall = {
  readonly status: string
  readonly gasUsed: string
  readonly error?: { readonly message?: string }
}

function isSimulatedCall(call: unknown): call is SimulatedCall {
  if (typeof call !== 'object' || call === null) return false
  const { status, gasUsed } = call as Record<string, unknown>
  return typeof status === 'string' && isQuantity(gasUsed)
}

/**
 * Each on the chain as it is now. A constructor that calls a contract which is not there yet
 * reverts, and a call to nothing succeeds at once: of neither is the gas known.
 */
async function estimateEach(
  rpc: JsonRpc,
  from: Address,
  steps: readonly DeploymentStep[],
): Promise<Result<readonly (bigint | undefined)[], ChainFailure>> {
  const created = new Set<Address>()
  const gases: (bigint | undefined)[] = []
  for (const { contract, functionName, to, data } of steps) {
    if (functionName === 'constructor') created.add(contract.address)
    const gas = created.has(to)
      ? undefined
      : await readQuantity(rpc, 'eth_estimateGas', [{ from, to, data }])
    if (gas?.ok === false && gas.error.reason !== 'chain_error') return gas
    gases.push(gas?.ok ? gas.value : undefined)
  }
  return ok(gases)
}

/** At the current price, in wei. What the node did not know counts as nothing. */
export const costOf = (gases: readonly (bigint | undefined)[], { gasPrice }: GasPrices): bigint =>
  gases.reduce<bigint>((sum, gas = 0n) => sum + gas * gasPrice, 0n)

/**
 * What the account must hold so that no step is refused for want of money, at the current price. It
 * is more than the cost: a transaction reserves its whole gas limit at its highest price, which
 * chain/transactions.ts sets to 5/4 of the estimate and twice the price and the tip. 4/3 leaves
 * room for an estimate above what is used: 1/64 is kept back in a nested call, and nodes round up.
 */
export function fundsNeededRoundedUp(
  gases: readonly (bigint | undefined)[],
  { gasPrice, tip }: GasPrices,
): bigint {
  let spent = 0n
  let needed = 0n
  for (const gas of gases) {
    if (gas === undefined) continue
    const reserved = ((gas * 4n + 2n) / 3n) * (gasPrice * 2n + tip)
    if (spent + reserved > needed) needed = spent + reserved
    spent += gas * gasPrice
  }
  return needed
}
