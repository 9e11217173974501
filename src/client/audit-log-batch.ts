/*
 * One batch against itself and the one before it: everything that needs neither chain nor registry.
 */
import { foldHead, leafOfDigest } from '../chain/log-head-typed-data.ts'
import { merkleTree, rootOf } from '../chain/sorted-merkle-tree.ts'
import type { LogHeadDocument } from '../domain/log-documents.ts'
import { entriesHashOf, parseLogEntries } from '../domain/log-entries.ts'
import { type LogHead, lastSeqOf } from '../domain/log-head.ts'
import { type Bytes32, zeroBytes32 } from '../domain/units.ts'
import { finding, type LogFinding } from './audit-log-findings.ts'

export type JudgedBatch = {
  readonly findings: readonly LogFinding[]
  /** Of its receipts in their order; none where the entries cannot be read. */
  readonly digests: readonly Bytes32[]
}

/** `before`: the head of the batch before it. */
export function judgeBatch(
  document: LogHeadDocument,
  entries: string,
  before: LogHead | 'first',
): JudgedBatch {
  const { findings, digests } = judgeEntries(document, entries)
  return { findings: [...findings, ...judgeSequence(document.head, before)], digests }
}

/** The entries against the head that was signed over them. */
export function judgeEntries({ head }: LogHeadDocument, entries: string): JudgedBatch {
  const { batch } = head
  const findings: LogFinding[] = []
  const find = (kind: LogFinding['kind'], detail: string): void => {
    findings.push(finding(kind, { batch, detail }))
  }
  if (entriesHashOf(entries) !== head.entriesHash) {
    find('entries-altered', 'the entries that are served are not those that were signed')
  }
  const parsed = parseLogEntries(entries)
  if (!parsed.ok) find('entries-altered', parsed.error)
  const { firstSeq, digests } = parsed.ok ? parsed.value : { firstSeq: 0, digests: [] }
  if (parsed.ok && (firstSeq !== head.firstSeq || digests.length !== head.count)) {
    find(
      'entries-altered',
      `the entries are ${firstSeq} to ${firstSeq + digests.length - 1}, ` +
        `the head says ${head.firstSeq} to ${lastSeqOf(head)}`,
    )
  }
  if (digests.length > 0 && rootOf(merkleTree(digests.map(leafOfDigest))) !== head.root) {
    find('root-wrong', 'the root of the entries is not the root that was signed')
  }
  return { findings, digests }
}

function judgeSequence(head: LogHead, before: LogHead | 'first'): readonly LogFinding[] {
  const { batch } = head
  const [expectedSeq, expectedBatch, fold] =
    before === 'first'
      ? [1, 0, zeroBytes32]
      : [lastSeqOf(before) + 1, before.batch + 1, before.head]
  const findings: LogFinding[] = []
  if (batch !== expectedBatch || head.firstSeq !== expectedSeq) {
    const detail = `batch ${batch} begins with ${head.firstSeq}; batch ${expectedBatch} with ${expectedSeq} follows`
    findings.push(finding('sequence-broken', { batch, gatewaySeq: expectedSeq, detail }))
  }
  if (foldHead(fold, head) !== head.head) {
    const detail = 'its head does not follow from the head before it'
    findings.push(finding('fold-wrong', { batch, detail }))
  }
  return findings
}
