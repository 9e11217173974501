/*
 * What the log has at a receipt's number, for a receipt that it gives no proof of: a number is given once, so that another
 * receipt there is not "not in the log yet". Read from the batch's own entries, held to the head that was signed over them.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { LogHeadDocument } from '../domain/log-documents.ts'
import { lastSeqOf } from '../domain/log-head.ts'
import type { Bytes32 } from '../domain/units.ts'
import { judgeEntries } from './audit-log-batch.ts'
import { isOfGateway, type ShownInclusion, signerOfHead } from './check-inclusion.ts'
import type { GatewayLogSource, LogSource } from './log-source.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

export type LoggedNumber =
  /** The log is not that far, or is none of this receipt's gateway and contracts. */
  | { readonly found: 'nothing' }
  | { readonly found: 'digest'; readonly digest: Bytes32; readonly shown: ShownInclusion }
  /** Heads say that the number is there, and it cannot be had or is not what was signed. */
  | { readonly found: 'fault'; readonly detail: string }

const nothing: LoggedNumber = { found: 'nothing' }
const fault = (detail: string): Result<LoggedNumber, never> => ok({ found: 'fault', detail })

/** The error is one line: why the log could not be asked. */
export async function findInLog(
  source: GatewayLogSource,
  parsed: ParsedReceipt,
): Promise<Result<LoggedNumber, string>> {
  const log = await source.log()
  if (!log.ok) return log
  const newest = log.value.head
  const { gatewaySeq } = parsed.receipt
  if (newest === null || newest.head.gateway !== parsed.receipt.work.gateway) return ok(nothing)
  if (gatewaySeq > lastSeqOf(newest.head)) return ok(nothing)
  const found = await batchWith(source, gatewaySeq, newest)
  if (!found.ok) return found
  if (typeof found.value === 'string') return fault(found.value)
  const document = found.value
  const { batch, firstSeq, root, closedAt } = document.head
  // Batches from before the gateway's contracts were replaced name others.
  if (!isOfGateway(parsed, document)) return ok(nothing)
  const signer = signerOfHead(document)
  if (signer.kind !== 'key') return fault(`the head of batch ${batch} is not signed by a key`)
  const entries = await source.entries(batch)
  if (!entries.ok) return entries
  if (entries.value === undefined) return fault(withheld(batch))
  const { findings, digests } = judgeEntries(document, entries.value)
  const [amiss] = findings
  const digest = digests[gatewaySeq - firstSeq]
  if (amiss !== undefined || digest === undefined) {
    return fault(`batch ${batch}: ${amiss?.detail ?? `it has no gatewaySeq ${gatewaySeq}`}`)
  }
  return ok({ found: 'digest', digest, shown: { batch, root, closedAt, signer } })
}

/** By halves, as numbers follow without a gap: a log of a year has half a million batches. A string is what is amiss. */
async function batchWith(
  source: LogSource,
  gatewaySeq: number,
  newest: LogHeadDocument,
): Promise<Result<LogHeadDocument | string, string>> {
  let [low, high] = [0, newest.head.batch]
  let batch = high
  while (low <= high) {
    const asked = batch === newest.head.batch ? ok(newest) : await source.batch(batch)
    if (!asked.ok) return err(`batch ${batch}: ${asked.error}`)
    if (asked.value === undefined) return ok(withheld(batch))
    const { head } = asked.value
    if (head.batch !== batch) return ok(`batch ${head.batch} is served as batch ${batch}`)
    if (gatewaySeq < head.firstSeq) high = batch - 1
    else if (gatewaySeq > lastSeqOf(head)) low = batch + 1
    else return ok(asked.value)
    batch = Math.floor((low + high) / 2)
  }
  return ok(`gatewaySeq ${gatewaySeq} is in no batch of the log, which is further`)
}

const withheld = (batch: number): string =>
  `the log gave out the number by batch ${batch}, and does not serve that batch`
