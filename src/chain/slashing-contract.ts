/*
 * The contracts that take stake, found from the ReceiptVerifier that a receipt names: a registry says whom it appointed, and
 * nobody else can take anything from it.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type Address, address, type Bytes32, isHex, zeroAddress } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { inferenceCoordinatorAbi } from './generated/inference-coordinator.ts'
import { slashingAbi } from './generated/slashing.ts'
import { tierEvidenceAbi } from './generated/tier-evidence.ts'
import { inclusionChallengesAt } from './inclusion-challenges-contract.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { contributorRegistryAt, gatewayRegistryAt } from './operator-registry.ts'
import { readEach } from './read-each.ts'
import { receiptAnchorAt } from './receipt-anchor.ts'
import { receiptVerifierAt } from './receipt-verifier.ts'
import { reexecutionPanelAt } from './reexecution-panel-contract.ts'
import { registryErrors } from './registry-errors.ts'

export const slashingAt = (place: Address): Contract => ({
  name: 'Slashing',
  address: place,
  abi: [...slashingAbi, ...registryErrors],
})

/** Everything that a report of a fault has to do with. */
export type FaultContracts = {
  readonly verifier: Contract
  readonly contributors: Contract
  readonly gateways: Contract
  readonly receiptAnchor: Contract
  /** S1, S2, S3, S5, S6. */
  readonly slashing: Contract
  /** S4. */
  readonly inclusion: Contract
  /** S7. */
  readonly panel: Contract
  /** The contracts that `slashing` asks. */
  readonly tierEvidence: Contract
  readonly coordinator: Contract
}

/** Which contracts a person named; the others are found by the registries' events. */
export type NamedSlashers = {
  readonly slashing?: Address | undefined
  readonly inclusion?: Address | undefined
  readonly panel?: Address | undefined
}

const appointedTopic = keccak256Utf8('SlasherAppointed(address)')

/** A contract that nobody appointed is answered as missing: a report to it would take nothing. */
export async function findFaultContracts(
  rpc: JsonRpc,
  verifier: Address,
  named: NamedSlashers = {},
): Promise<Result<FaultContracts, ChainFailure>> {
  const parts = await readAddresses(rpc, receiptVerifierAt(verifier), [
    'contributors',
    'gateways',
    'receiptAnchor',
  ])
  if (!parts.ok) return parts
  const [contributors, gateways, receiptAnchor] = parts.value as [Address, Address, Address]
  const slashers = await findSlashers(rpc, { contributors, gateways }, named)
  if (!slashers.ok) return slashers
  const { slashing, inclusion, panel } = slashers.value
  const asked = await readAddresses(rpc, slashing, ['verifier', 'tierEvidence', 'coordinator'])
  if (!asked.ok) return asked
  const [itsVerifier, tierEvidence, coordinator] = asked.value as [Address, Address, Address]
  // Appointed, but for another verifier: it would refuse every receipt of this one.
  if (itsVerifier !== verifier) return err(missing('Slashing', slashing.address))
  return ok({
    verifier: receiptVerifierAt(verifier),
    contributors: contributorRegistryAt(contributors),
    gateways: gatewayRegistryAt(gateways),
    receiptAnchor: receiptAnchorAt(receiptAnchor),
    slashing,
    inclusion,
    panel,
    tierEvidence: { name: 'TierEvidence', address: tierEvidence, abi: tierEvidenceAbi },
    coordinator: {
      name: 'InferenceCoordinator',
      address: coordinator,
      abi: inferenceCoordinatorAbi,
    },
  })
}

/** Both registries have appointed the one; each alone has appointed one of the others. */
async function findSlashers(
  rpc: JsonRpc,
  registries: { readonly contributors: Address; readonly gateways: Address },
  named: NamedSlashers,
): Promise<Result<Pick<FaultContracts, 'slashing' | 'inclusion' | 'panel'>, ChainFailure>> {
  const isNamed = named.slashing && named.inclusion && named.panel
  const appointedBy = (registry: Address) =>
    isNamed ? ok<readonly Address[]>([]) : readAppointed(rpc, registry)
  const ofContributors = await appointedBy(registries.contributors)
  if (!ofContributors.ok) return ofContributors
  const ofGateways = await appointedBy(registries.gateways)
  if (!ofGateways.ok) return ofGateways
  const onlyIn = (list: readonly Address[], other: readonly Address[]) =>
    list.find((one) => !other.includes(one)) ?? zeroAddress
  const [contributors, gateways] = [ofContributors.value, ofGateways.value]
  const both = contributors.find((one) => gateways.includes(one)) ?? zeroAddress
  const found = {
    slashing: slashingAt(named.slashing ?? both),
    inclusion: inclusionChallengesAt(named.inclusion ?? onlyIn(gateways, contributors)),
    panel: reexecutionPanelAt(named.panel ?? onlyIn(contributors, gateways)),
  }
  const absent = Object.values(found).find(({ address: place }) => place === zeroAddress)
  return absent === undefined ? ok(found) : err(missing(absent.name, absent.address))
}

const missing = (name: string, place: Address): ChainFailure => ({
  reason: 'contract_missing',
  name,
  address: place,
})

async function readAppointed(
  rpc: JsonRpc,
  registry: Address,
): Promise<Result<readonly Address[], ChainFailure>> {
  const method = 'eth_getLogs'
  const answer = await rpc.call(method, [
    { address: registry, fromBlock: 'earliest', toBlock: 'latest', topics: [appointedTopic] },
  ])
  if (!answer.ok) return answer
  const logs = Array.isArray(answer.value) ? (answer.value as readonly unknown[]) : [undefined]
  const appointed = logs.map((log) => {
    const { topics } = Object(log) as { readonly topics?: unknown }
    const word: unknown = Array.isArray(topics) ? topics[1] : undefined
    return isHex(word) && word.length === 66 ? address(`0x${word.slice(26)}`) : undefined
  })
  return appointed.every((one) => one !== undefined)
    ? ok(appointed)
    : err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
}

async function readAddresses(
  rpc: JsonRpc,
  contract: Contract,
  functionNames: readonly string[],
): Promise<Result<readonly Address[], ChainFailure>> {
  const values = await readEach(
    rpc,
    functionNames.map((functionName) => ({ contract, functionName, args: [] })),
  )
  return values.ok ? ok(values.value.map(([value]) => address(String(value)))) : values
}

/** What a registry took for a fault. */
export type Forfeit = {
  readonly reporter: Address
  /** What is still to be paid out of it: to the reporter a fifth, to the insurance the rest. */
  readonly unpaid: bigint
}

/** Undefined for a fault that was not slashed. */
export async function readForfeit(
  rpc: JsonRpc,
  registry: Contract,
  faultId: Bytes32,
): Promise<Result<Forfeit | undefined, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: registry,
    functionName: 'forfeits',
    args: [faultId],
  })
  if (!answer.ok) return answer
  const [reporterText, unpaid] = answer.value as [string, bigint]
  const reporter = address(reporterText)
  return ok(reporter === zeroAddress ? undefined : { reporter, unpaid })
}
