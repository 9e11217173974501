import { receiptDigest } from '../../src/chain/receipt-typed-data.ts'
import { priceRoundedUp } from '../../src/domain/price-sheet.ts'
import { workStatus } from '../../src/domain/receipt.ts'
import { atomic, unixSeconds } from '../../src/domain/units.ts'
import type { CircuitValue, CircuitValues } from '../../src/proofs/circuit-values.ts'
import { usageBatchInputs } from '../../src/proofs/usage-inputs.ts'
import {
  type PricedReceipt,
  type UsageRange,
  type UsageTerms,
  usageRange,
} from '../../src/proofs/usage-range.ts'
import { usageDomain } from './usage-receipts.ts'

export const usageTerms: UsageTerms = { domain: usageDomain, allowUnsigned: true }

/** The range of receipts that are in order. */
export function rangeOf(receipts: readonly PricedReceipt[]): UsageRange {
  const range = usageRange(receipts, usageTerms)
  if (!range.ok) throw new Error(range.error.detail)
  return range.value
}

export const inputsOf = (receipts: readonly PricedReceipt[], rows: number): CircuitValues =>
  usageBatchInputs(rangeOf(receipts), rows)

/**
 * What a prover would try for receipts that were changed after `honest` was stated: the same rows with the changed receipts, and
 * every number of the statement that follows from them computed anew, so that nothing but the changed rule stands in its way.
 */
export function attempt(
  honest: UsageRange,
  changed: readonly PricedReceipt[],
  rows: number,
): CircuitValues {
  const [first, last] = [changed[0], changed.at(-1)]
  if (first === undefined || last === undefined) throw new Error('there is a receipt')
  const sum = (of: (receipt: PricedReceipt) => bigint): bigint =>
    changed.reduce((total, receipt) => total + of(receipt), 0n)
  const unsigned = honest.rows.map(({ signer }) => signer === undefined)
  const finished = changed.map(({ receipt }) => receipt.work.finishedAt)
  const statement = {
    ...honest.statement,
    firstSeq: first.receipt.channelSeq,
    count: changed.length,
    total: atomic(sum(({ receipt }) => receipt.cost)),
    priced: atomic(sum(priceOf)),
    cumulative: last.receipt.cumulative,
    unsignedTotal: atomic(
      changed.reduce((total, { receipt }, i) => total + (unsigned[i] ? receipt.cost : 0n), 0n),
    ),
    lastFinishedAt: last.receipt.work.finishedAt,
    previousDigest: first.receipt.prevReceipt,
    lastDigest: receiptDigest(usageDomain, last.receipt),
    signers: honest.statement.signers.map((signer) => ({
      ...signer,
      firstFinishedAt: unixSeconds(Math.min(...finished)),
      lastFinishedAt: unixSeconds(Math.max(...finished)),
    })),
  }
  const tried = honest.rows.map((row, index) => ({
    ...row,
    receipt: changed[index] ?? row.receipt,
  }))
  return usageBatchInputs({ ...honest, statement, rows: tried }, rows)
}

function priceOf({ receipt: { work }, priceSheet }: PricedReceipt): bigint {
  const isFree = work.status === workStatus.upstreamFailed || work.completionTokens === 0
  return isFree || work.cachedPromptTokens > work.promptTokens
    ? 0n
    : priceRoundedUp(priceSheet, work)
}

/** Where a value of the inputs stands: `rows.0.receipt.cost`. */
export type InputPath = readonly (string | number)[]

/** Every number and flag of the inputs. */
export function inputPaths(value: CircuitValue, at: InputPath = []): readonly InputPath[] {
  if (typeof value !== 'object') return [at]
  return Array.isArray(value)
    ? value.flatMap((member, index) => inputPaths(member, [...at, index]))
    : Object.entries(value).flatMap(([name, member]) => inputPaths(member, [...at, name]))
}

/** The inputs with that value one larger (a flag: the other); one smaller where that would leave its type. */
export function mutated(inputs: CircuitValues, path: InputPath): CircuitValues {
  const copy = structuredClone(inputs) as Record<string | number, CircuitValue>
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, CircuitValue>>(
      (value, name) => value[name] as Record<string | number, CircuitValue>,
      copy,
    )
  const name = path.at(-1) ?? ''
  parent[name] = moved(parent[name])
  return copy as CircuitValues
}

function moved(value: CircuitValue | undefined): CircuitValue {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value === 255 ? 254 : value + 1
  const number = BigInt(value as string)
  // All widths that the circuits have: the largest value of one is not the largest of another here.
  const isLargest = [64n, 128n].some((bits) => number === 2n ** bits - 1n)
  return `0x${(isLargest ? number - 1n : number + 1n).toString(16)}`
}

export const pathText = (path: InputPath): string => path.join('.')
