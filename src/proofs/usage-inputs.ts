/* The inputs of circuits/noir/usage-batch, by the names of its parameters. */
import { assert } from '../base/assert.ts'
import { hexOf } from '../base/hex.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Bytes32 } from '../domain/units.ts'
import { zeroAddress, zeroBytes32 } from '../domain/units.ts'
import {
  type CircuitValue,
  type CircuitValues,
  halvesValue,
  numberValue,
  receiptValue,
  rsValue,
  wordValue,
} from './circuit-values.ts'
import type { UsageRange, UsageRow } from './usage-range.ts'
import {
  noTreeKeys,
  type UsageSigner,
  type UsageStatement,
  type UsageTreeKeys,
  usageSheetsMax,
  usageSignersMax,
} from './usage-statement.ts'

/** Sheets that one batch opens: see circuits/noir/usage-batch. */
export const batchSheetsMax = 2

/** Rows behind the last repeat it, as the circuit demands. `rows` is how many the circuit has. */
export function usageBatchInputs(range: UsageRange, rows: number): CircuitValues {
  const { statement, sheets } = range
  const last = range.rows.at(-1)
  assert(last !== undefined && range.rows.length <= rows, 'a batch has 1 … rows receipts')
  const [firstSheet] = sheets
  assert(firstSheet !== undefined && sheets.length <= batchSheetsMax, 'a batch opens its sheets')
  return {
    statement: usageStatementValue(statement),
    keys: treeKeysValue(noTreeKeys),
    sheets: filled(sheets, batchSheetsMax, firstSheet).map(sheetValue),
    rows: filled(range.rows, rows, last).map(rowValue),
  }
}

export const treeKeysValue = ({ batchKey, treeKey }: UsageTreeKeys): CircuitValue => ({
  batch_key: batchKey,
  tree_key: treeKey,
})

export const usageStatementValue = (statement: UsageStatement): CircuitValue => ({
  domain_separator: halvesValue(statement.domainSeparator),
  channel_id: halvesValue(statement.channelId),
  gateway: statement.gateway,
  asset: statement.asset,
  first_seq: numberValue(statement.firstSeq),
  count: numberValue(statement.count),
  total: numberValue(statement.total),
  priced: numberValue(statement.priced),
  cumulative: numberValue(statement.cumulative),
  unsigned_count: numberValue(statement.unsignedCount),
  unsigned_total: numberValue(statement.unsignedTotal),
  last_finished_at: numberValue(statement.lastFinishedAt),
  previous_digest: halvesValue(statement.previousDigest),
  last_digest: halvesValue(statement.lastDigest),
  price_hashes: filled(statement.priceHashes, usageSheetsMax, zeroBytes32).map(halvesValue),
  signers: filled<CircuitValue>(
    statement.signers.map(signerValue),
    usageSignersMax,
    unusedSignerValue,
  ),
})

const signerValue = (signer: UsageSigner): CircuitValue => ({
  contributor: signer.contributor,
  key_x: halvesValue(hexOf(signer.publicKey.slice(2, 66)) as Bytes32),
  key_y: halvesValue(hexOf(signer.publicKey.slice(66)) as Bytes32),
  finished: numberValue((BigInt(signer.firstFinishedAt) << 64n) | BigInt(signer.lastFinishedAt)),
})

const rowValue = ({ receipt: signed, sheet, signer }: UsageRow): CircuitValue => ({
  receipt: receiptValue(signed.receipt),
  sheet,
  signer: signer ?? 0,
  is_signed: signer !== undefined,
  signature: signer === undefined ? Array(64).fill(0) : rsValue(signed.contributorSignature),
})

const sheetValue = (sheet: PriceSheet): CircuitValue => ({
  operator: sheet.operator,
  model_id: wordValue(sheet.modelId),
  prompt_atomic_per_mtok: numberValue(sheet.promptAtomicPerMtok),
  cached_prompt_atomic_per_mtok: numberValue(sheet.cachedPromptAtomicPerMtok),
  completion_atomic_per_mtok: numberValue(sheet.completionAtomicPerMtok),
  valid_from: numberValue(sheet.validFrom),
  valid_until: numberValue(sheet.validUntil),
})

const unusedSignerValue: CircuitValue = {
  contributor: zeroAddress,
  key_x: halvesValue(zeroBytes32),
  key_y: halvesValue(zeroBytes32),
  finished: numberValue(0),
}

const filled = <T>(values: readonly T[], length: number, filler: T): readonly T[] => [
  ...values,
  ...Array<T>(length - values.length).fill(filler),
]
