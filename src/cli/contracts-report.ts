import type { DeploymentTerms } from '../chain/deployment-contracts.ts'
import { costOf, fundsNeededRoundedUp } from '../chain/deployment-cost.ts'
import { appointmentName, stepName } from '../chain/deployment-progress.ts'
import type { PreparedDeployment } from './contracts-prepare.ts'

/** What a deployment consists of, what of it is there and what the rest costs; a line each. */
export function describeDeployment(prepared: PreparedDeployment): readonly string[] {
  const { plan, rpc } = prepared
  return [
    `Deployment on chain ${plan.chainId} at ${rpc.origin}`,
    ...describeTerms(prepared),
    '',
    ...describeParts(prepared),
    '',
    ...describeCost(prepared),
    ...describeReach(prepared),
  ]
}

function describeTerms({ plan, account, assetDecimals }: PreparedDeployment): readonly string[] {
  const { terms, salt } = plan
  const whose = (address: string) => (address === account.address ? ' (the same account)' : '')
  const units = (amount: bigint) => formatUnits(amount, assetDecimals)
  const rows: readonly (readonly [string, string])[] = [
    ['account', `${account.address}, holds ${formatCoinRoundedDown(account.balance)}`],
    ['salt', salt],
    ['asset', `${terms.asset}, ${assetDecimals} decimals`],
    ['minimum stake', `${units(terms.minStake)}, ${terms.unbondingDelayS / 86_400} days to unbond`],
    ['insurance', `${terms.insurance}${whose(terms.insurance)}`],
    ['admin', `${terms.admin}${whose(terms.admin)}`],
    ['not delivered', `costs a contributor ${units(terms.nonDeliveryPenalty)}`],
    ['proof asked for', `bond ${units(terms.proofBond)}`],
    ['not anchored', `costs a gateway ${units(terms.inclusionPenalty)}`],
    [
      'panel member',
      `bond ${units(terms.panelMemberBond)}, silence ${units(terms.panelSilenceFine)}`,
    ],
    [
      'panel accuser',
      `bond ${units(terms.panelAccuserBond)}, takes ${terms.panelSlashBps / 100} %`,
    ],
    ['quote verifier', terms.quoteVerifier],
    ['proof verifier', terms.proofVerifier],
    ['receipts of', homeOf(terms)],
  ]
  return rows.map(([label, value]) => `  ${label.padEnd(16)}${value}`)
}

const homeOf = ({ home }: DeploymentTerms): string =>
  home === 'here' ? 'this chain' : `chain ${home.chainId}, for ${home.verifier}`

function describeParts(prepared: PreparedDeployment): readonly string[] {
  const { progress, steps, gases, stepsOfAdmin } = prepared
  const ofAdmin = new Set(stepsOfAdmin.map(stepName))
  const gasOf = new Map(steps.map((step, i) => [stepName(step), gases[i]]))
  const toDo = (verb: string, name: string): string => {
    if (ofAdmin.has(name)) return 'left to the admin'
    const gas = gasOf.get(name)
    return `${verb}, ${gas === undefined ? 'gas not known yet' : `${grouped(gas)} gas`}`
  }
  return [
    ...progress.contracts.map(({ contract, isThere }) => {
      const present = contract.creationCode === undefined ? "there, x402's own" : 'there'
      const state = isThere ? present : toDo('to deploy', contract.name)
      return `  ${contract.name.padEnd(24)}${contract.address}  ${state}`
    }),
    ...progress.appointments.map(({ appointment, state }) => {
      const name = appointmentName(appointment)
      const whom = appointment.appointees.map((appointee) => appointee.name).join(', ')
      return `  ${name} ${whom}: ${state.kind === 'made' ? 'made' : toDo('to send', name)}`
    }),
  ]
}

function describeCost({ steps, gases, account }: PreparedDeployment): readonly string[] {
  if (steps.length === 0) return ['Nothing is left to send from this account.']
  const { gasPrices } = account
  const gas = gases.reduce<bigint>((sum, each = 0n) => sum + each, 0n)
  const least = gases.includes(undefined) ? 'at least ' : ''
  const unknown = steps.filter((_, i) => gases[i] === undefined).map(stepName)
  return [
    `${steps.length} transactions, ${least}${grouped(gas)} gas: ${least}${formatCoinRoundedUp(costOf(gases, gasPrices))} at ${formatUnits(gasPrices.gasPrice, 9)} gwei.`,
    `The account needs ${least}${formatCoinRoundedUp(fundsNeededRoundedUp(gases, gasPrices))}: each transaction reserves more than it uses.`,
    ...(unknown.length === 0
      ? []
      : [
          `This node has no eth_simulateV1 and cannot know the gas of ${unknown.join(', ')} before what they build on is there.`,
        ]),
  ]
}

/** The calldata of each, for a multisig or whatever the admin is. */
export function describeStepsOfAdmin({
  stepsOfAdmin,
  plan,
}: PreparedDeployment): readonly string[] {
  if (stepsOfAdmin.length === 0) return []
  return [
    `Once all contracts are there, the admin ${plan.terms.admin} must send, once each:`,
    ...stepsOfAdmin.map((step) => `  ${stepName(step)}: to ${step.to} data ${step.data}`),
  ]
}

function describeReach({ plan }: PreparedDeployment): readonly string[] {
  const settlement = plan.contracts.find(({ name }) => name === 'ChannelSettlement')
  return settlement?.creationCode === undefined
    ? []
    : ["x402 has no ChannelSettlement on this chain: only Vouch's own clients find the one above."]
}

/** Wei as the chain's own coin, which has 18 decimals on every EVM chain; shown up to the gwei. */
export const formatCoinRoundedUp = (wei: bigint): string =>
  formatGwei((wei + oneGwei - 1n) / oneGwei)

export const formatCoinRoundedDown = (wei: bigint): string => formatGwei(wei / oneGwei)

const oneGwei = 1_000_000_000n
const formatGwei = (gwei: bigint): string => `${formatUnits(gwei, 9)} native units`

/** Without zeros at the end. */
function formatUnits(amount: bigint, decimals: number): string {
  const digits = String(amount).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

const grouped = (value: bigint): string => value.toLocaleString('en-US')
