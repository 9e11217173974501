/*
 * How much of a deployment is on its chain, and the transactions that are still to be sent. The
 * chain alone is asked, never a memory of what was sent: so a run that died anywhere is continued.
 */
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, address, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import {
  type Contract,
  checkCode,
  codeAt,
  encodeCall,
  explainRevert,
  readContract,
} from './contracts.ts'
import { creationTransaction } from './deployment.ts'
import type { DeploymentPlan, PlannedAppointment, PlannedContract } from './deployment-plan.ts'
import type { JsonRpc } from './json-rpc.ts'
import type { MinedTransaction, Sender } from './transactions.ts'

/**
 * Appointments are made once, all in one transaction: `open` while the admin can still make them;
 * `lacking` when it made others and these can never follow.
 */
export type AppointmentState =
  | { readonly kind: 'open' }
  | { readonly kind: 'made' }
  | { readonly kind: 'lacking'; readonly names: readonly string[] }

export type DeploymentProgress = {
  readonly contracts: readonly {
    readonly contract: PlannedContract
    readonly isThere: boolean
  }[]
  readonly appointments: readonly {
    readonly appointment: PlannedAppointment
    readonly state: AppointmentState
  }[]
}

/** One transaction to send. */
export type DeploymentStep = {
  readonly contract: Contract
  /** What it calls; `constructor` where it creates the contract. */
  readonly functionName: string
  readonly to: Address
  readonly data: Hex
}

export const appointmentName = ({ contract, functionName }: PlannedAppointment): string =>
  `${contract.name}.${functionName}`

export async function readProgress(
  rpc: JsonRpc,
  plan: DeploymentPlan,
): Promise<Result<DeploymentProgress, ChainFailure>> {
  const contracts = []
  for (const contract of plan.contracts) {
    const code = await codeAt(rpc, contract.address)
    if (!code.ok) return code
    contracts.push({ contract, isThere: code.value !== '0x' })
  }
  const there = new Set(
    contracts.filter(({ isThere }) => isThere).map(({ contract }) => contract.address),
  )
  const appointments = []
  for (const appointment of plan.appointments) {
    const state = there.has(appointment.contract.address)
      ? await readAppointment(rpc, appointment)
      : ok({ kind: 'open' } as const)
    if (!state.ok) return state
    appointments.push({ appointment, state: state.value })
  }
  return ok({ contracts, appointments })
}

async function readAppointment(
  rpc: JsonRpc,
  { contract, roleFunctionName, appointees }: PlannedAppointment,
): Promise<Result<AppointmentState, ChainFailure>> {
  const admin = await readContract(rpc, { contract, functionName: 'admin', args: [] })
  if (!admin.ok) return admin
  // The admin is part of the address, so a contract of this plan has the plan's or none any more.
  if (address(String(admin.value[0])) !== zeroAddress) return ok({ kind: 'open' })
  const names: string[] = []
  for (const appointee of appointees) {
    const call = { contract, functionName: roleFunctionName, args: [appointee.address] }
    const has = await readContract(rpc, call)
    if (!has.ok) return has
    if (has.value[0] !== true) names.push(appointee.name)
  }
  return ok(names.length === 0 ? { kind: 'made' } : { kind: 'lacking', names })
}

/** `ReceiptAnchor`, or `ReceiptAnchor.appointMarkers`. */
export const stepName = ({ contract, functionName }: DeploymentStep): string =>
  functionName === 'constructor' ? contract.name : `${contract.name}.${functionName}`

/** The progress with one more step taken. */
export const afterStep = (
  { contracts, appointments }: DeploymentProgress,
  taken: DeploymentStep,
): DeploymentProgress => ({
  contracts: contracts.map(({ contract, isThere }) => ({
    contract,
    isThere: isThere || contract.name === stepName(taken),
  })),
  appointments: appointments.map(({ appointment, state }) => ({
    appointment,
    state: appointmentName(appointment) === stepName(taken) ? { kind: 'made' } : state,
  })),
})

/** What is left to send, in order: first what is missing, then the appointments. */
export async function stepsLeft(
  plan: DeploymentPlan,
  progress: DeploymentProgress,
): Promise<readonly DeploymentStep[]> {
  const creations = progress.contracts.flatMap(({ contract, isThere }): DeploymentStep[] => {
    const { creationCode } = contract
    if (isThere || creationCode === undefined) return []
    const transaction = creationTransaction({ creationCode, salt: plan.salt })
    return [{ contract, functionName: 'constructor', ...transaction }]
  })
  const open = progress.appointments.filter(({ state }) => state.kind === 'open')
  const appointments = open.map(({ appointment }) => appointmentStep(appointment))
  return [...creations, ...(await Promise.all(appointments))]
}

async function appointmentStep(appointment: PlannedAppointment): Promise<DeploymentStep> {
  const { contract, functionName } = appointment
  const args = [appointment.appointees.map((appointee) => appointee.address)]
  const data = await encodeCall({ contract, functionName, args })
  return { contract, functionName, to: contract.address, data }
}

/** Sends one transaction, waits for its block and makes sure that the contract is there. */
export async function takeStep(
  rpc: JsonRpc,
  sender: Sender,
  step: DeploymentStep,
): Promise<Result<MinedTransaction, ChainFailure>> {
  const { contract, functionName, to, data } = step
  const sent = await sender.transact({ to, data })
  if (!sent.ok) return err(await explainRevert(sent.error, { contract, functionName, args: [] }))
  const present = await checkCode(rpc, [contract])
  return present.ok ? sent : present
}
