/*
 * How a mirror of the log names and writes its files: the same bytes from the gateway and from whoever copied it.
 */
import type { LogDomain, LogHeadDocument } from './log-documents.ts'
import type { SignedLogHead } from './log-head.ts'

/** Eight digits sort like the numbers for two hundred years of a batch a minute. */
export const mirrorFiles = (batch: number): { readonly entries: string; readonly head: string } => {
  const name = `batch-${String(batch).padStart(8, '0')}`
  return { entries: `${name}.jsonl`, head: `${name}.head.json` }
}

/** Without its anchor, which may move: the chain is asked for that. */
export function logHeadText(signed: SignedLogHead & { readonly domain: LogDomain }): string {
  const { head, signature, domain } = signed
  const document: LogHeadDocument = {
    object: 'vouch.log_head',
    head,
    signature,
    domain,
    anchor: null,
  }
  return `${JSON.stringify(document)}\n`
}
