import { codeAt, readContract } from '../chain/contracts.ts'
import type { DeploymentTerms } from '../chain/deployment-contracts.ts'
import { devUsdAbi } from '../chain/generated/dev-usd.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Address, type AtomicAmount, atomic, zeroAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { type DeployOptions, type TermAmounts, unusable } from './contracts-options.ts'
import { orFail } from './contracts-or-fail.ts'

/** The only chains on which DevUSD can be constructed; anyone may mint it. */
const developmentChainIds: readonly number[] = [31337, 1337]
const devUsdDecimals = 6
/** Stakes, bonds and fines are uint96 in the contracts, which holds every number of 28 digits. */
const contractAmountMax = 10n ** 28n - 1n

/** Options → terms, with what only the chain knows of the asset. */
export async function readTerms(
  rpc: JsonRpc,
  options: DeployOptions,
  sender: Address,
): Promise<{ readonly terms: DeploymentTerms; readonly assetDecimals: number }> {
  const { asset, chainId, amounts } = options
  if (asset === undefined && !developmentChainIds.includes(chainId)) {
    throw unusable(
      `DevUSD is for development chains (${developmentChainIds.join(', ')}), not for ${chainId}: name the token of stakes and fees with --asset 0x…`,
    )
  }
  const assetDecimals = asset === undefined ? devUsdDecimals : await readDecimals(rpc, asset)
  const amount = (option: string, name: keyof TermAmounts) =>
    parseAmount(option, { text: amounts[name], decimals: assetDecimals })
  const terms: DeploymentTerms = {
    asset: asset ?? 'DevUSD',
    minStake: amount('--min-stake', 'minStake'),
    unbondingDelayS: options.unbondingDelayS,
    insurance: options.insurance ?? sender,
    admin: options.admin ?? sender,
    quoteVerifier: options.quoteVerifier ?? zeroAddress,
    proofVerifier: options.proofVerifier ?? 'ModelProofs',
    nonDeliveryPenalty: amount('--non-delivery-penalty', 'nonDeliveryPenalty'),
    proofBond: amount('--proof-bond', 'proofBond'),
    inclusionPenalty: amount('--inclusion-penalty', 'inclusionPenalty'),
    panelMemberBond: amount('--panel-member-bond', 'panelMemberBond'),
    panelAccuserBond: amount('--panel-accuser-bond', 'panelAccuserBond'),
    panelSilenceFine: amount('--panel-silence-fine', 'panelSilenceFine'),
    panelSlashBps: options.panelSlashBps,
    home: options.home,
  }
  // A member with less than one fine is never drawn, so nobody would ever sit on a jury.
  if (terms.panelMemberBond < terms.panelSilenceFine) {
    throw unusable('--panel-member-bond must be at least --panel-silence-fine')
  }
  return { terms, assetDecimals }
}

async function readDecimals(rpc: JsonRpc, asset: Address): Promise<number> {
  if (orFail(await codeAt(rpc, asset)) === '0x') {
    throw new CommandFailure(`--asset: there is no contract at ${asset} on this chain`)
  }
  const contract = { name: 'the asset', address: asset, abi: devUsdAbi }
  const answer = await readContract(rpc, { contract, functionName: 'decimals', args: [] })
  if (!answer.ok && /unreachable|timeout/.test(answer.error.reason)) orFail(answer)
  const decimals = answer.ok ? Number(answer.value[0]) : Number.NaN
  if (decimals <= 18) return decimals
  throw new CommandFailure(`--asset: ${asset} does not say its decimals (0 to 18) as a token does`)
}

function parseAmount(
  option: string,
  written: { readonly text: string; readonly decimals: number },
): AtomicAmount {
  const { text, decimals } = written
  const [, whole, fraction = ''] = /^(\d{1,20})(?:\.(\d+))?$/.exec(text) ?? []
  const value =
    whole === undefined || fraction.length > decimals
      ? 0n
      : BigInt(whole + fraction.padEnd(decimals, '0'))
  if (value > 0n && value <= contractAmountMax) return atomic(value)
  throw unusable(
    `${option} takes an amount of the asset above zero with at most ${decimals} decimals, not '${text}'`,
  )
}
