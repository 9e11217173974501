import type { LogHeadDocument } from '../domain/log-documents.ts'
import type { FaultEvidence } from './fault-evidence.ts'

/** What an audit of a log may find. Names are part of `vouch log audit --json` and never change. */
export type LogFindingKind =
  /** The gateway signed two heads for one batch, or serves other ones to others. */
  | 'log-forked'
  /** What is served of a batch is not what was signed: dropped, added, reordered or changed entries. */
  | 'entries-altered'
  | 'root-wrong'
  | 'fold-wrong'
  | 'sequence-broken'
  | 'batch-missing'
  | 'signature-wrong'
  | 'key-not-registered'
  /** The chain has another batch under this number. */
  | 'anchor-differs'
  | 'anchor-missing'
  | 'anchor-late'
  /** A receipt that the gateway signed is not in its place. */
  | 'receipt-missing'
  /** It is there, but its root came to the chain after `anchorBy`. */
  | 'receipt-late'
  /** The gateway signed two receipts under one number. */
  | 'receipt-forked'
  | 'receipt-unusable'

export type LogFinding = {
  readonly kind: LogFindingKind
  readonly batch: number | undefined
  readonly gatewaySeq: number | undefined
  /** One sentence for a person. */
  readonly detail: string
  /** What `vouch slash` takes, where a contract punishes it. */
  readonly evidence?: FaultEvidence | undefined
  /** Two signed heads that contradict each other. */
  readonly heads?: readonly [LogHeadDocument, LogHeadDocument] | undefined
}

type About = { readonly batch?: number | undefined; readonly gatewaySeq?: number | undefined }

export const finding = (
  kind: LogFindingKind,
  about: About & Pick<LogFinding, 'detail' | 'evidence' | 'heads'>,
): LogFinding => ({ batch: undefined, gatewaySeq: undefined, ...about, kind })
