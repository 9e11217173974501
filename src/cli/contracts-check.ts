import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { compareCode, readAppointees } from '../chain/deployment-check.ts'
import type { PlannedAppointment, PlannedContract } from '../chain/deployment-plan.ts'
import {
  type AppointmentState,
  appointmentName,
  readProgress,
} from '../chain/deployment-progress.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { readQuantity } from '../chain/quantity.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { Terminal } from './command.ts'
import { openRecord } from './contracts-open-record.ts'
import { orFail } from './contracts-or-fail.ts'
import { transactionHashesOf } from './contracts-record.ts'

/** Undefined where all is well, else what is wrong and what to do. */
type Fault = string | undefined

const deployAgain = "run 'vouch contracts deploy' again with its options"

/** Prints a line for each contract and appointment. Resolves with the exit code: 0 if all hold. */
export async function checkContracts(
  options: { readonly rpcUrl: string; readonly outFolder: string },
  terminal: Terminal,
): Promise<number> {
  const rpc = jsonRpc(options.rpcUrl)
  const chainId = Number(orFail(await readQuantity(rpc, 'eth_chainId', [])))
  const { record, plan } = await openRecord(options.outFolder, chainId)
  const hashes = transactionHashesOf(record)
  const progress = orFail(await readProgress(rpc, plan))
  const total = progress.contracts.length + progress.appointments.length
  let faults = 0
  const report = (what: string, fault: Fault): void => {
    if (fault !== undefined) faults += 1
    terminal.print(fault === undefined ? `ok    ${what}` : `FAIL  ${what}: ${fault}`)
  }
  for (const { contract, isThere } of progress.contracts) {
    const origin = contract.creationCode === undefined ? ", x402's own, not compared" : ''
    const what = `${contract.name.padEnd(24)}${contract.address}${origin}`
    report(what, isThere ? await findCodeFault(rpc, contract) : `nothing is there; ${deployAgain}`)
  }
  for (const { appointment, state } of progress.appointments) {
    const name = appointmentName(appointment)
    const whom = appointment.appointees.map((appointee) => appointee.name).join(', ')
    const checked = { appointment, state, transactionHash: hashes.get(name) }
    report(`${name} ${whom}`, await findAppointmentFault(rpc, checked))
  }
  terminal.print(
    faults === 0
      ? `Everything on chain ${chainId} is as planned.`
      : `${faults} of ${total} on chain ${chainId} are not as planned.`,
  )
  return faults === 0 ? 0 : 1
}

async function findCodeFault(rpc: JsonRpc, contract: PlannedContract): Promise<Fault> {
  const { creationCode } = contract
  // x402's own contract is not of this version; that code stands at its address is all there is.
  if (creationCode === undefined) return undefined
  const same = await compareCode(rpc, { ...contract, creationCode })
  if (!same.ok) return unclear(same.error)
  return same.value ? undefined : "the code there is not this version's: do not use it"
}

async function findAppointmentFault(
  rpc: JsonRpc,
  checked: {
    readonly appointment: PlannedAppointment
    readonly state: AppointmentState
    readonly transactionHash: Bytes32 | undefined
  },
): Promise<Fault> {
  const { appointment, state, transactionHash } = checked
  if (state.kind === 'open') return `not made yet; ${deployAgain}, with the admin's key`
  if (state.kind === 'lacking') return `made without ${state.names.join(', ')}, and for ever`
  const appointees = await readAppointees(rpc, appointment, transactionHash)
  if (!appointees.ok) return unclear(appointees.error)
  const planned = appointment.appointees.map(({ address }) => address)
  const others = appointees.value.filter((appointee) => !planned.includes(appointee))
  if (others.length > 0) return `${others.join(', ')} got the role, too: do not trust this`
  return planned.every((appointee) => appointees.value.includes(appointee))
    ? undefined
    : 'no events of it: remove its transactionHash from the file, or ask a node that has them'
}

/** Not knowing is no good result, and a node that is gone is not the contract's fault. */
function unclear(failure: ChainFailure): string {
  const line = describeChainFailure(failure)
  if (failure.reason === 'chain_unreachable' || failure.reason === 'chain_timeout') {
    orFail({ ok: false, error: failure })
  }
  return `cannot be compared (${line})`
}
