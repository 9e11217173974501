/*
 * What coordinators owe a contributor, by its own folder and by its own nodes: what is booked for its account there, and what
 * of its answers is still to come or never came.
 */
import { join } from 'node:path'
import { readBooked, readCoordinatorParts } from '../chain/inference-coordinator.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { readTokenLabel, type TokenLabel } from '../chain/token-label.ts'
import { readContractJobs } from '../contributor/contract-job-files.ts'
import { readSettledDues } from '../contributor/settled-dues-file.ts'
import { type CoordinatorPlace, writeAskedAt } from '../domain/contract-job-headers.ts'
import { CommandFailure } from './command.ts'
import { contractsFolder } from './contribute-contracts.ts'
import type { RememberedCoordinator } from './contributor-file.ts'
import { amountsOf, type ContributorPlace } from './contributor-place.ts'

/** By the folder. Amounts are atomic units of the coordinator's asset. */
type KeptDues = {
  /** Answered, and not yet seen to be paid or lost for good. */
  readonly openJobs: number
  readonly openAmount: bigint
  readonly paidJobs: number
  readonly paidAmount: bigint
  readonly lostJobs: number
}

export type CoordinatorDue = RememberedCoordinator &
  KeptDues & {
    readonly rpc: JsonRpc
    /** What its chain says; the error is for a person. */
    readonly onChain:
      | { readonly ok: true; readonly asset: TokenLabel; readonly bookedAmount: bigint }
      | { readonly ok: false; readonly error: string }
  }

/** Of each coordinator that `vouch contribute` named. Throws CommandFailure where the folder cannot be read. */
export async function readCoordinatorDues(
  place: ContributorPlace,
): Promise<readonly CoordinatorDue[]> {
  const { coordinators = [], contributor, chain } = place.file
  return Promise.all(
    coordinators.map(async (one) => {
      const rpc = one.rpcUrl === chain.rpcUrl ? place.rpc : jsonRpc(one.rpcUrl)
      const [kept, onChain] = await Promise.all([
        readKeptDues(place.folder, one),
        readOnChain(rpc, one, contributor),
      ])
      return { ...one, ...kept, rpc, onChain }
    }),
  )
}

async function readOnChain(
  rpc: JsonRpc,
  { coordinator }: CoordinatorPlace,
  account: ContributorPlace['file']['contributor'],
): Promise<CoordinatorDue['onChain']> {
  const away = { ok: false, error: `${rpc.origin} does not say` } as const
  const [parts, booked] = await Promise.all([
    readCoordinatorParts(rpc, coordinator),
    readBooked(rpc, coordinator, account),
  ])
  if (!parts.ok || !booked.ok) return away
  const asset = await readTokenLabel(rpc, parts.value.asset)
  return asset.ok ? { ok: true, asset: asset.value, bookedAmount: booked.value } : away
}

async function readKeptDues(folder: string, place: CoordinatorPlace): Promise<KeptDues> {
  const path = contractsFolder(folder)
  const [jobs, settled] = await Promise.all([
    readContractJobs(path),
    readSettledDues(join(path, 'settled.json')),
  ])
  if (!jobs.ok) throw new CommandFailure(jobs.error)
  if (!settled.ok) throw new CommandFailure(settled.error)
  const isHere = (one: CoordinatorPlace): boolean => writeAskedAt(one) === writeAskedAt(place)
  const open = jobs.value.filter((job) => job.answer !== undefined && isHere(job))
  const ends = settled.value.dues.filter(isHere)
  return {
    openJobs: open.length,
    openAmount: open.reduce((sum, { fee }) => sum + fee, 0n),
    paidJobs: ends.reduce((sum, { paidJobs }) => sum + paidJobs, 0),
    paidAmount: ends.reduce((sum, { paidAmount }) => sum + paidAmount, 0n),
    lostJobs: ends.reduce((sum, { lostJobs }) => sum + lostJobs, 0),
  }
}

/** Nothing where contracts never were answered. */
export const coordinatorLines = (dues: readonly CoordinatorDue[]): readonly string[] =>
  dues.flatMap((due) => {
    const { onChain } = due
    const place = writeAskedAt(due)
    if (!onChain.ok) return ['', `contracts  ${place}: ${onChain.error}`]
    const amount = amountsOf(onChain.asset)
    return [
      '',
      `contracts  ${place}`,
      `booked     ${amount(onChain.bookedAmount)}  to be withdrawn, by 'vouch contributor claim'`,
      `open       ${amount(due.openAmount)}  for ${due.openJobs} answers, delivered or to be`,
      `paid       ${amount(due.paidAmount)}  for ${due.paidJobs} answers before; ${due.lostJobs} were not paid`,
    ]
  })

export const coordinatorValues = (dues: readonly CoordinatorDue[]): readonly object[] =>
  dues.map(({ onChain, ...due }) => ({
    place: writeAskedAt(due),
    asset: onChain.ok ? onChain.asset : null,
    booked: onChain.ok ? String(onChain.bookedAmount) : null,
    open: String(due.openAmount),
    openAnswers: due.openJobs,
    paid: String(due.paidAmount),
    paidAnswers: due.paidJobs,
    lostAnswers: due.lostJobs,
  }))
