/*
 * Everything that `vouch contracts deploy` finds out before it sends anything, and every refusal.
 */
import { checkChainId, codeAt } from '../chain/contracts.ts'
import {
  standardDeployer,
  standardDeployerCode,
  standardDeployerSigner,
} from '../chain/deployment.ts'
import { type DeployerAccount, readDeployerAccount } from '../chain/deployment-account.ts'
import { deployableContracts } from '../chain/deployment-contracts.ts'
import { estimateGas } from '../chain/deployment-cost.ts'
import { type DeploymentPlan, planDeployment } from '../chain/deployment-plan.ts'
import {
  appointmentName,
  type DeploymentProgress,
  type DeploymentStep,
  readProgress,
  stepsLeft,
} from '../chain/deployment-progress.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import type { Address } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { type DeployOptions, unusable } from './contracts-options.ts'
import { orFail } from './contracts-or-fail.ts'
import { type DeploymentRecord, findDifference, isCanonical } from './contracts-record.ts'
import { readRecord, recordPath } from './contracts-record-file.ts'
import { readTerms } from './contracts-terms.ts'

export type PreparedDeployment = {
  readonly rpc: JsonRpc
  readonly plan: DeploymentPlan
  readonly assetDecimals: number
  readonly progress: DeploymentProgress
  /** What an earlier run wrote, in agreement with the plan; undefined where there was none. */
  readonly record: DeploymentRecord | undefined
  readonly recordPath: string
  readonly account: DeployerAccount
  /** Undefined only in a dry run. */
  readonly privateKey: PrivateKey | undefined
  /** What this account sends, and the gas of each, undefined where the node cannot know it yet. */
  readonly steps: readonly DeploymentStep[]
  readonly gases: readonly (bigint | undefined)[]
  /** Appointments that only the admin can make, where this account is not the admin. */
  readonly stepsOfAdmin: readonly DeploymentStep[]
}

/** Sends nothing and writes nothing. Throws CommandFailure for what cannot be deployed like this. */
export async function prepareDeployment(options: DeployOptions): Promise<PreparedDeployment> {
  const sender = await readSender(options)
  const rpc = jsonRpc(options.rpcUrl)
  orFail(await checkChainId(rpc, options.chainId))
  await requireStandardDeployer(rpc)
  const { terms, assetDecimals } = await readTerms(rpc, options, sender.address)
  const path = recordPath(options.outFolder, options.chainId)
  const record = readRecord(path)
  const plan = await planDeployment({
    chainId: options.chainId,
    salt: options.salt,
    terms,
    canonical: await findCanonical(rpc, record),
  })
  if (record !== undefined) refuseOtherPlan(plan, record, path)
  const progress = orFail(await readProgress(rpc, plan))
  if (record !== undefined) refuseLostParts(progress, record, path)
  refuseFinalAppointments(progress)
  const left = await stepsLeft(plan, progress)
  const isForAdmin = ({ functionName }: DeploymentStep) =>
    functionName !== 'constructor' && terms.admin !== sender.address
  const steps = left.filter((step) => !isForAdmin(step))
  return {
    rpc,
    plan,
    assetDecimals,
    progress,
    record,
    recordPath: path,
    account: orFail(await readDeployerAccount(rpc, sender.address)),
    privateKey: sender.privateKey,
    steps,
    gases: orFail(await estimateGas(rpc, sender.address, steps)),
    stepsOfAdmin: left.filter(isForAdmin),
  }
}

async function readSender({ keyFile, from }: DeployOptions): Promise<{
  readonly address: Address
  readonly privateKey: PrivateKey | undefined
}> {
  if (from !== undefined) return { address: from, privateKey: undefined }
  if (keyFile === undefined) throw unusable('--key-file is needed')
  const privateKey = await readKeyFile(keyFile)
  if (!privateKey.ok) throw new CommandFailure(`--key-file: ${privateKey.error}`)
  return { address: addressOfPrivateKey(privateKey.value), privateKey: privateKey.value }
}

async function requireStandardDeployer(rpc: JsonRpc): Promise<void> {
  const code = orFail(await codeAt(rpc, standardDeployer))
  if (code === standardDeployerCode) return
  throw new CommandFailure(
    code === '0x'
      ? `this chain has no standard deployer at ${standardDeployer}: give its signer ${standardDeployerSigner} 0.01 native units, publish the signed transaction under "The standard deployer" in docs/deployment.md and run again`
      : `${standardDeployer} has other code on this chain than the standard deployer's: addresses would not follow from the code, so nothing can be deployed here`,
  )
}

/** A choice that was recorded stays: x402 may deploy its contract between two runs of ours. */
async function findCanonical(
  rpc: JsonRpc,
  record: DeploymentRecord | undefined,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const { name, canonicalAddress } of deployableContracts) {
    if (canonicalAddress === undefined) continue
    const recorded = record?.contracts[name]
    const isThere =
      recorded === undefined
        ? orFail(await codeAt(rpc, canonicalAddress)) !== '0x'
        : isCanonical(recorded)
    if (isThere) names.add(name)
  }
  return names
}

function refuseOtherPlan(plan: DeploymentPlan, record: DeploymentRecord, path: string): void {
  const difference = findDifference(plan, record)
  if (difference === undefined) return
  throw new CommandFailure(
    `${path} is of another deployment: ${difference.path} is ${difference.recorded} there and ${difference.planned} by these options and this version of vouch; give what it was made with, or another --out to deploy anew`,
  )
}

function refuseLostParts(
  progress: DeploymentProgress,
  record: DeploymentRecord,
  path: string,
): void {
  const lost = [
    ...progress.contracts.flatMap(({ contract, isThere }) =>
      record.contracts[contract.name] === undefined || isThere ? [] : [contract.name],
    ),
    ...progress.appointments
      .filter(({ state }) => state.kind === 'open')
      .map(({ appointment }) => appointmentName(appointment))
      .filter((name) => record.appointments[name] !== undefined),
  ]
  if (lost.length === 0) return
  throw new CommandFailure(
    `${path} says that ${lost.join(', ')} is done, but the chain does not: the chain was begun anew or the file is of another one; move the file away to deploy here`,
  )
}

function refuseFinalAppointments(progress: DeploymentProgress): void {
  for (const { appointment, state } of progress.appointments) {
    if (state.kind !== 'lacking') continue
    const { name, address } = appointment.contract
    throw new CommandFailure(
      `the admin of ${name} at ${address} has appointed without ${state.names.join(', ')}, and can do so only once: deploy anew with another --salt and --out`,
    )
  }
}
