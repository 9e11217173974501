import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { Contract } from './contracts.ts'
import { create2Address, creationCodeOf, type Deployment } from './deployment.ts'
import {
  appointmentsToMake,
  type ContractName,
  type DeploymentTerms,
  deployableContracts,
} from './deployment-contracts.ts'

/** A contract with its place, whether it stands there yet or not. */
export type PlannedContract = Deployment & {
  readonly name: ContractName
  readonly address: Address
  /** Undefined for x402's own at its canonical address, which is used and never deployed. */
  readonly creationCode: Hex | undefined
}

export type PlannedAppointment = {
  readonly contract: Contract
  readonly functionName: string
  /** Says of one address whether it has the role. */
  readonly roleFunctionName: string
  /** Emitted for each appointee, with its address as the first topic. */
  readonly eventName: string
  readonly appointees: readonly { readonly name: ContractName; readonly address: Address }[]
}

/** Everything that a deployment is. The same terms, salt and version give the same plan. */
export type DeploymentPlan = {
  readonly chainId: number
  readonly salt: Bytes32
  readonly terms: DeploymentTerms
  /** In the order of deployment. */
  readonly contracts: readonly PlannedContract[]
  readonly appointments: readonly PlannedAppointment[]
}

/** Computes all addresses; looks at no chain. `canonical` names those that x402 has there itself. */
export async function planDeployment(chosen: {
  readonly chainId: number
  readonly salt: Bytes32
  readonly terms: DeploymentTerms
  readonly canonical: ReadonlySet<string>
}): Promise<DeploymentPlan> {
  const { chainId, salt, terms, canonical } = chosen
  const places = new Map<ContractName, Address>()
  const at = (name: ContractName): Address => {
    const place = places.get(name)
    assert(place !== undefined, `${name} is deployed before the contracts that need it`)
    return place
  }
  const contracts: PlannedContract[] = []
  for (const { name, abi, bytecode, args, isNeeded, canonicalAddress } of deployableContracts) {
    if (isNeeded?.(terms) === false) continue
    const deployment = { name, abi, bytecode, args: args({ ...terms, at }) }
    const creationCode = await creationCodeOf(deployment)
    const isCanonical = canonicalAddress !== undefined && canonical.has(name)
    const address = isCanonical ? canonicalAddress : create2Address({ creationCode, salt })
    places.set(name, address)
    contracts.push({
      ...deployment,
      address,
      creationCode: isCanonical ? undefined : creationCode,
    })
  }
  return { chainId, salt, terms, contracts, appointments: planAppointments(contracts) }
}

function planAppointments(contracts: readonly PlannedContract[]): readonly PlannedAppointment[] {
  const find = (name: ContractName): PlannedContract => {
    const found = contracts.find((contract) => contract.name === name)
    assert(found !== undefined, `${name} is part of every deployment`)
    return found
  }
  return appointmentsToMake.map(({ contractName, appointees, ...functions }) => ({
    contract: find(contractName),
    ...functions,
    appointees: appointees.map((name) => ({ name, address: find(name).address })),
  }))
}
