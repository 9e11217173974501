import type { DeploymentPlan } from '../chain/deployment-plan.ts'
import { CommandFailure } from './command.ts'
import { type DeploymentRecord, findDifference, planOfRecord } from './contracts-record.ts'
import { readRecord, recordPath } from './contracts-record-file.ts'

/**
 * The record of a chain with the plan that its own terms give. Throws CommandFailure where there is
 * none, or where it says anything else than that plan.
 */
export async function openRecord(
  outFolder: string,
  chainId: number,
): Promise<{ readonly record: DeploymentRecord; readonly plan: DeploymentPlan }> {
  const path = recordPath(outFolder, chainId)
  const record = readRecord(path)
  if (record === undefined) {
    throw new CommandFailure(
      `${path} does not exist: 'vouch contracts deploy' writes it, --out names its folder`,
    )
  }
  if (record.chainId !== chainId) {
    throw new CommandFailure(`${path} is of chain ${record.chainId}: give it that chain's name`)
  }
  const plan = await planOfRecord(record)
  const difference = findDifference(plan, record)
  if (difference === undefined) return { record, plan }
  throw new CommandFailure(
    `${path} contradicts itself or this version of vouch: ${difference.path} is ${difference.recorded} there and ${difference.planned} by its own terms and salt; restore it, or use the version that wrote it`,
  )
}
