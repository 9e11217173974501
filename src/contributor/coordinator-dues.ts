/*
 * What coordinators owe for contracts' jobs, and what of it never came, as pure transitions. A gateway can have us answer a job
 * and deliver nothing; its chain then owes us nothing, so the loss is bounded here as credit bounds it for other jobs.
 *
 * Invariants
 * D1 an answered job is open, paid or lost, and once one of the latter it stays that
 * D2 no job is begun while what is open or lost of a gateway is worth more than the limit and a tenth of what came through it:
 *    so it can cost us that, and one job, whatever it does and however long
 */
import { type Address, type AtomicAmount, atomic } from '../domain/units.ts'
import type { ContractJobRecord } from './contract-job-record.ts'

/** The jobs of one gateway at one coordinator whose end is known. Amounts are atomic units of the coordinator's asset. */
export type SettledDues = {
  readonly gateway: Address
  readonly chainId: number
  readonly coordinator: Address
  readonly paidJobs: number
  readonly paidAmount: AtomicAmount
  readonly lostJobs: number
  /** At our own prices. */
  readonly lostWorth: AtomicAmount
}

/** `paid`: its fee is booked to us. `lost`: it never will be. */
export type DueEnd = { readonly record: ContractJobRecord; readonly end: 'paid' | 'lost' }

const sharesOfPaid = 10n

/** Whether another job of the gateway may be begun. `atRisk`: what is being answered and what was answered and is not settled. */
export function mayRiskMore(
  gateway: Address,
  dues: {
    readonly atRisk: readonly ContractJobRecord[]
    readonly settled: readonly SettledDues[]
    readonly limit: AtomicAmount
  },
): boolean {
  const own = dues.settled.filter((one) => one.gateway === gateway)
  const paid = own.reduce((sum, { paidAmount }) => sum + paidAmount, 0n)
  const lost = own.reduce((sum, { lostWorth }) => sum + lostWorth, 0n)
  const open = dues.atRisk
    .filter((record) => record.gateway === gateway)
    .reduce((sum, { worth }) => sum + worth, 0n)
  return open + lost < dues.limit + paid / sharesOfPaid
}

export const settleDues = (
  settled: readonly SettledDues[],
  ends: readonly DueEnd[],
): readonly SettledDues[] => ends.reduce(settleDue, settled)

function settleDue(
  settled: readonly SettledDues[],
  { record, end }: DueEnd,
): readonly SettledDues[] {
  const isOwn = (one: SettledDues): boolean =>
    one.gateway === record.gateway &&
    one.chainId === record.chainId &&
    one.coordinator === record.coordinator
  const { gateway, chainId, coordinator, fee, worth } = record
  const before = settled.find(isOwn) ?? { gateway, chainId, coordinator, ...nothingSettled }
  const after =
    end === 'paid'
      ? {
          ...before,
          paidJobs: before.paidJobs + 1,
          paidAmount: atomic(before.paidAmount + fee),
        }
      : {
          ...before,
          lostJobs: before.lostJobs + 1,
          lostWorth: atomic(before.lostWorth + worth),
        }
  return [...settled.filter((one) => !isOwn(one)), after]
}

const nothingSettled = {
  paidJobs: 0,
  paidAmount: atomic(0n),
  lostJobs: 0,
  lostWorth: atomic(0n),
}
