import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from '../domain/units.ts'
import { contributorPaths } from './contributor-file.ts'

const formerCreditName = /^credit-0x[0-9a-f]{40}(-\d+)?\.json$/

/** Whether a file of a contributor's folder has the vouchers of a gateway that is served no more. */
export const isFormerCredit = (name: string): boolean => formerCreditName.test(name)

/**
 * Vouchers of a gateway that is served no more are money still, and none of them counts for what the next one owes. Whoever
 * leaves the same one twice has two such files: those of before may be of other channels, and are never written over.
 */
export function keepFormerCredit(folder: string, operator: Address): void {
  const { credit } = contributorPaths(folder)
  if (!existsSync(credit)) return
  let kept = join(folder, `credit-${operator}.json`)
  for (let count = 2; existsSync(kept); count += 1) {
    kept = join(folder, `credit-${operator}-${count}.json`)
  }
  renameSync(credit, kept)
}
