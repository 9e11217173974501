/*
 * The entries of a batch as they are hashed, served and mirrored: JSON Lines, one receipt a line, in the order of
 * `gatewaySeq`, each line exactly
 *
 *   {"gatewaySeq":17,"digest":"0x<64 lower-case hex digits>"}⏎
 *
 * There is one spelling, so that sha256 of the text (`LogHead.entriesHash`) commits to the order. docs/transparency.md.
 */
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import { type Bytes32, bytes32 } from './units.ts'

/** The most receipts that a batch may have: a tree of twelve levels. */
export const batchReceiptsMax = 4096

const lineOf = (gatewaySeq: number, digest: Bytes32): string =>
  `{"gatewaySeq":${gatewaySeq},"digest":"${digest}"}\n`

/** `firstSeq` is the `gatewaySeq` of the first digest. */
export const logEntriesText = (firstSeq: number, digests: readonly Bytes32[]): string =>
  digests.map((digest, index) => lineOf(firstSeq + index, digest)).join('')

/** The value of `LogHead.entriesHash`. */
export const entriesHashOf = (text: string): Bytes32 => bytes32(`0x${sha256Hex(text)}`)

export type LogEntries = { readonly firstSeq: number; readonly digests: readonly Bytes32[] }

const linePattern = /^\{"gatewaySeq":([1-9][0-9]{0,15}),"digest":"(0x[0-9a-f]{64})"\}$/

/** Accepts exactly what `logEntriesText` writes; the fault names the line. */
export function parseLogEntries(text: string): Result<LogEntries, string> {
  if (!text.endsWith('\n')) return err('the entries do not end with a line feed')
  const lines = text.slice(0, -1).split('\n')
  if (lines.length > batchReceiptsMax) return err(`a batch has at most ${batchReceiptsMax} entries`)
  const digests: Bytes32[] = []
  let firstSeq = 0
  for (const [index, line] of lines.entries()) {
    const [, seqText = '', digest = ''] = linePattern.exec(line) ?? []
    const seq = Number(seqText)
    if (!Number.isSafeInteger(seq) || seq === 0) return err(`line ${index + 1} is no entry`)
    if (index === 0) firstSeq = seq
    if (seq !== firstSeq + index) {
      return err(`line ${index + 1} has gatewaySeq ${seq} where ${firstSeq + index} follows`)
    }
    digests.push(bytes32(digest))
  }
  return ok({ firstSeq, digests })
}
