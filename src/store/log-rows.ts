/*
 * A batch of the log as stores of either kind write it: JSON, and entries as 32 bytes each.
 */
import { fromHex, toHex } from '../base/hex.ts'
import type { LogAnchor } from '../domain/log-documents.ts'
import type { LogHead } from '../domain/log-head.ts'
import { type Bytes32, bytes32, signature } from '../domain/units.ts'
import type { LogBatch } from './log-store.ts'

type Text = string | null | undefined

/** `head` was written by us, member for member. */
export const batchOf = (row: { head: string; signature: Text; anchor: Text }): LogBatch => ({
  head: JSON.parse(row.head) as LogHead,
  signature: row.signature ? signature(row.signature) : undefined,
  anchor: row.anchor ? (JSON.parse(row.anchor) as LogAnchor) : undefined,
})

const digestBytes = 32

export const packDigests = (digests: readonly Bytes32[]): Buffer =>
  Buffer.concat(digests.map(fromHex))

export const unpackDigests = (packed: Uint8Array): readonly Bytes32[] =>
  Array.from({ length: packed.length / digestBytes }, (_, index) =>
    bytes32(toHex(packed.subarray(index * digestBytes, (index + 1) * digestBytes))),
  )
