/*
 * What deployments/<chainId>.json says. Everything in it but the transaction hashes follows from
 * terms, salt and this version's code, so a record is good exactly if it says what the plan made of
 * them says: one comparison finds another version, other terms and a line that somebody edited.
 */
import type { Json } from '../base/canonical-json.ts'
import { standardDeployer } from '../chain/deployment.ts'
import type { DeploymentTerms } from '../chain/deployment-contracts.ts'
import {
  type DeploymentPlan,
  type PlannedAppointment,
  type PlannedContract,
  planDeployment,
} from '../chain/deployment-plan.ts'
import { appointmentName, type DeploymentProgress } from '../chain/deployment-progress.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

export type DeploymentRecord = {
  readonly chainId: number
  /** The CREATE2 factory. */
  readonly deployer: Address
  readonly salt: Bytes32
  readonly terms: DeploymentTerms
  /** By the contract's name: what is on the chain, in the order of deployment. */
  readonly contracts: RecordedParts
  /** By `Contract.function`. */
  readonly appointments: RecordedParts
}

export type RecordedParts = Readonly<Record<string, RecordedPart>>

export type RecordedPart = {
  /** Undefined where the run that sent it did not live to write it down. */
  readonly transactionHash: Bytes32 | undefined
  readonly facts: Facts
}

export type Facts = { readonly [name: string]: Json }

/** Everything of the plan that is on the chain. The same state gives the same record. */
export function recordOf(
  plan: DeploymentPlan,
  progress: DeploymentProgress,
  transactionHashes: ReadonlyMap<string, Bytes32>,
): DeploymentRecord {
  const part = (name: string, facts: Facts): readonly [string, RecordedPart] => [
    name,
    { transactionHash: transactionHashes.get(name), facts },
  ]
  const present = progress.contracts.filter(({ isThere }) => isThere)
  const made = progress.appointments.filter(({ state }) => state.kind === 'made')
  return {
    ...headOf(plan),
    contracts: Object.fromEntries(
      present.map(({ contract }) => part(contract.name, contractFacts(contract))),
    ),
    appointments: Object.fromEntries(
      made.map(({ appointment }) =>
        part(appointmentName(appointment), appointmentFacts(appointment)),
      ),
    ),
  }
}

/** The transactions that a record knows, by the name of what they made. */
export const transactionHashesOf = (
  record: DeploymentRecord | undefined,
): ReadonlyMap<string, Bytes32> =>
  new Map(
    Object.entries({ ...record?.contracts, ...record?.appointments }).flatMap(([name, part]) =>
      part.transactionHash === undefined ? [] : [[name, part.transactionHash] as const],
    ),
  )

/** The file's text: the same record gives the same bytes. */
export function recordText(record: DeploymentRecord): string {
  const members = (parts: RecordedParts) =>
    mapValues(parts, ({ facts, transactionHash }) => ({ ...facts, transactionHash }))
  const { contracts, appointments } = record
  const document = {
    ...record,
    contracts: members(contracts),
    appointments: members(appointments),
  }
  return `${JSON.stringify(document, decimalBigints, 2)}\n`
}

/** What this version makes of the record's own terms. */
export const planOfRecord = ({
  chainId,
  salt,
  terms,
  contracts,
}: DeploymentRecord): Promise<DeploymentPlan> =>
  planDeployment({
    chainId,
    salt,
    terms,
    canonical: new Set(Object.keys(contracts).filter((name) => isCanonical(contracts[name]))),
  })

/** Whether the record chose x402's own contract. */
export const isCanonical = (part: RecordedPart | undefined): boolean =>
  part?.facts['origin'] === 'x402'

export type RecordDifference = {
  /** `terms.minStake`, `contracts.Slashing.address`. */
  readonly path: string
  readonly recorded: string
  readonly planned: string
}

/** The first thing that the record says otherwise than the plan. What it lacks is to be deployed. */
export function findDifference(
  plan: DeploymentPlan,
  record: DeploymentRecord,
): RecordDifference | undefined {
  const contracts = new Map(plan.contracts.map((it) => [it.name as string, contractFacts(it)]))
  const appointments = new Map(
    plan.appointments.map((it) => [appointmentName(it), appointmentFacts(it)]),
  )
  return differenceAt(
    '',
    plain({
      ...record,
      contracts: mapValues(record.contracts, ({ facts }) => facts),
      appointments: mapValues(record.appointments, ({ facts }) => facts),
    }),
    plain({
      ...headOf(plan),
      contracts: mapValues(record.contracts, (_, name) => contracts.get(name)),
      appointments: mapValues(record.appointments, (_, name) => appointments.get(name)),
    }),
  )
}

function differenceAt(
  path: string,
  recorded: Json | undefined,
  planned: Json | undefined,
): RecordDifference | undefined {
  if (recorded === planned) return undefined
  if (!isObject(recorded) || !isObject(planned)) {
    return { path, recorded: shown(recorded), planned: shown(planned) }
  }
  for (const name of new Set([...Object.keys(planned), ...Object.keys(recorded)])) {
    const memberPath = path === '' ? name : `${path}.${name}`
    const difference = differenceAt(memberPath, recorded[name], planned[name])
    if (difference !== undefined) return difference
  }
  return undefined
}

const isObject = (value: Json | undefined): value is Facts =>
  typeof value === 'object' && value !== null

const shown = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(value)

const headOf = ({ chainId, salt, terms }: DeploymentPlan) => ({
  chainId,
  deployer: standardDeployer,
  salt,
  terms,
})

function contractFacts(contract: PlannedContract): Facts {
  const { address, creationCode, bytecode, args } = contract
  if (creationCode === undefined) return { address, origin: 'x402' }
  const names = constructorInputs(contract)
  return {
    address,
    // Of this version's code without arguments: the same on every chain and machine.
    bytecodeKeccak256: keccak256Hex(bytecode.slice(2)),
    arguments: Object.fromEntries(args.map((argument, i) => [names[i], plain(argument)])),
  }
}

/** As the contract's source names them, but for the underscore that tells them from members. */
function constructorInputs({ abi }: PlannedContract): readonly string[] {
  const entries = abi as readonly { readonly type: string; readonly inputs?: AbiInputs }[]
  const inputs = entries.find(({ type }) => type === 'constructor')?.inputs ?? []
  return inputs.map(({ name }) => name.replace(/_$/, ''))
}

type AbiInputs = readonly { readonly name: string }[]

const appointmentFacts = ({ appointees }: PlannedAppointment): Facts => ({
  appointees: Object.fromEntries(appointees.map(({ name, address }) => [name, address])),
})

/** As JSON has it: amounts become decimal strings. */
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value, decimalBigints)) as Json

const decimalBigints = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value

const mapValues = <T, U>(
  members: Readonly<Record<string, T>>,
  convert: (value: T, name: string) => U,
): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, convert(value, name)]))
