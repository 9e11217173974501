import { describe, expect, test } from 'vitest'
import {
  appointmentsToMake,
  type ContractName,
  type DeploymentTerms,
  deployableContracts,
} from '../../../src/chain/deployment-contracts.ts'
import { type DeploymentPlan, planDeployment } from '../../../src/chain/deployment-plan.ts'
import { address, atomic, bytes32, zeroBytes32 } from '../../../src/domain/units.ts'
import { deploymentTerms } from '../../support/deployment-terms.ts'

const plan = (
  change: Partial<DeploymentTerms> = {},
  salt = zeroBytes32,
  canonical: string[] = [],
) =>
  planDeployment({
    chainId: 31337,
    salt,
    terms: { ...deploymentTerms, ...change },
    canonical: new Set(canonical),
  })
const addressesOf = ({ contracts }: DeploymentPlan) =>
  new Map(contracts.map((contract) => [contract.name, contract.address]))

/** The contracts whose address the change moves. */
async function moved(...change: Parameters<typeof plan>): Promise<readonly ContractName[]> {
  const before = addressesOf(await plan())
  const after = addressesOf(await plan(...change))
  return [...before.keys()].filter((name) => before.get(name) !== after.get(name))
}

const token = address(`0x${'77'.repeat(20)}`)

test('the same terms and salt give the same plan, with an address for each contract', async () => {
  const [first, second] = await Promise.all([plan(), plan()])
  expect(first).toEqual(second)
  expect(addressesOf(first).size).toBe(deployableContracts.length - 1)
  expect(new Set(addressesOf(first).values()).size).toBe(deployableContracts.length - 1)
})

describe('a change moves what depends on it and nothing else', () => {
  const onStake = ['Slashing', 'InclusionChallenges', 'ReexecutionPanel']
  const onRegistries = ['ReceiptVerifier', 'JobOffers', 'InferenceCoordinator', ...onStake]

  test.each<[string, Partial<DeploymentTerms>, string[]]>([
    [
      'minStake',
      { minStake: atomic(1n) },
      ['ContributorRegistry', 'GatewayRegistry', ...onRegistries],
    ],
    [
      'quoteVerifier',
      { quoteVerifier: token },
      ['TierEvidence', 'InferenceCoordinator', 'Slashing'],
    ],
    [
      'proofVerifier',
      { proofVerifier: token },
      ['TierEvidence', 'InferenceCoordinator', 'Slashing'],
    ],
    ['proofBond', { proofBond: atomic(1n) }, ['Slashing']],
    ['nonDeliveryPenalty', { nonDeliveryPenalty: atomic(1n) }, ['Slashing']],
    ['inclusionPenalty', { inclusionPenalty: atomic(1n) }, ['InclusionChallenges']],
    ['panelSlashBps', { panelSlashBps: 1 }, ['ReexecutionPanel']],
    [
      'admin',
      { admin: token },
      ['ContributorRegistry', 'GatewayRegistry', 'ReceiptAnchor', ...onRegistries],
    ],
  ])('%s', async (_name, change, expected) => {
    expect(await moved(change)).toEqual(expected)
  })

  test('the salt moves everything', async () => {
    const salt = bytes32(`0x${'01'.repeat(32)}`)
    expect(await moved({}, salt)).toHaveLength(deployableContracts.length - 1)
  })
})

test('a given asset stands where DevUSD would, and DevUSD is not deployed', async () => {
  const { contracts } = await plan({ asset: token })
  expect(contracts.map(({ name }) => name)).not.toContain('DevUSD')
  const mentions = contracts.filter(({ creationCode }) => creationCode?.includes(token.slice(2)))
  expect(mentions.map(({ name }) => name)).toEqual([
    'ContributorRegistry',
    'GatewayRegistry',
    'InferenceCoordinator',
  ])
})

test('where home is another chain, jobs are answered by a mirror of its verifier', async () => {
  const home = { chainId: 8453, verifier: token }
  expect(await moved({ home })).toEqual(['InferenceCoordinator', 'Slashing'])
  const { contracts } = await plan({ home })
  const places = new Map(contracts.map((contract) => [contract.name, contract]))
  const mirror = places.get('MirroredReceiptVerifier')
  expect(mirror?.args.slice(3)).toEqual([8453, token])
  expect(places.get('InferenceCoordinator')?.args[1]).toBe(mirror?.address)
  // Faults are told by receipts of this chain's own verifier.
  expect(places.get('Slashing')?.args[0]).toMatchObject({
    verifier: places.get('ReceiptVerifier')?.address,
  })
})

test('x402’s contracts stand at their own addresses and are never created', async () => {
  const { contracts } = await plan({}, zeroBytes32, ['ChannelSettlement', 'Slashing'])
  const find = (name: string) => contracts.find((contract) => contract.name === name)
  expect(find('ChannelSettlement')).toMatchObject({
    address: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003',
    creationCode: undefined,
  })
  // Only what has a canonical address can be there by itself.
  expect(find('Slashing')?.creationCode).toBeDefined()
})

test('appointments name the planned contracts, and functions that the contracts have', async () => {
  const planned = await plan()
  const places = addressesOf(planned)
  expect(planned.appointments).toHaveLength(appointmentsToMake.length)
  for (const { contract, appointees, ...names } of planned.appointments) {
    expect(contract.address).toBe(places.get(contract.name as ContractName))
    for (const { name, address: place } of appointees) expect(place).toBe(places.get(name))
    const members = (contract.abi as readonly { name?: string }[]).map(({ name }) => name)
    expect(members).toEqual(expect.arrayContaining(['admin', ...Object.values(names)]))
  }
})

test('no term is left out of the code: each moves an address', async () => {
  const changes: { readonly [K in keyof DeploymentTerms]: DeploymentTerms[K] } = {
    asset: token,
    minStake: atomic(7n),
    unbondingDelayS: 8 * 86_400,
    insurance: token,
    admin: token,
    quoteVerifier: token,
    proofVerifier: token,
    nonDeliveryPenalty: atomic(7n),
    proofBond: atomic(7n),
    inclusionPenalty: atomic(7n),
    panelMemberBond: atomic(7n),
    panelAccuserBond: atomic(7n),
    panelSilenceFine: atomic(7n),
    panelSlashBps: 7,
    home: { chainId: 8453, verifier: token },
  }
  for (const [name, value] of Object.entries(changes)) {
    expect((await moved({ [name]: value })).length, name).toBeGreaterThan(0)
  }
})
