/*
 * Requests and answers that are kept for audits, sealed, by the `gatewaySeq` of their receipts. Losing some in a crash is
 * allowed: an auditor is then told so. Implementations are held to each other by test/conformance/transcript-store.test.ts.
 */

export type SealedTranscript = {
  readonly gatewaySeq: number
  /** What nobody reads without the operator's secret. */
  readonly sealed: Buffer
  readonly expiresAtMs: number
}

export type TranscriptRoom = { readonly transcripts: number; readonly bytes: number }

/** Throws StoreFailure where the disk or the server behind it cannot be used. */
export type TranscriptStore = {
  /**
   * Keeps those that fit into `bytesMax` with all that is kept already, in the order given; answers how many. What is kept of
   * a number already stays as it is.
   */
  readonly put: (
    transcripts: readonly SealedTranscript[],
    room: { readonly bytesMax: number; readonly nowMs: number },
  ) => Promise<number>
  /** Those of these numbers that are kept and not past their time. */
  readonly get: (
    gatewaySeqs: readonly number[],
    nowMs: number,
  ) => Promise<ReadonlyMap<number, Buffer>>
  /** Puts another in the place of what is kept of a number, to be kept as long; nothing where nothing is. */
  readonly replace: (gatewaySeq: number, sealed: Buffer) => Promise<void>
  /** Forgets all from `firstSeq` to `lastSeq` but those to `keep`, and remembers that this was done up to `lastSeq`. */
  readonly prune: (range: {
    readonly firstSeq: number
    readonly lastSeq: number
    readonly keep: ReadonlySet<number>
  }) => Promise<void>
  /** The highest `lastSeq` that was pruned to; 0 before the first. */
  readonly prunedTo: () => Promise<number>
  /** Forgets what is past its time. */
  readonly expire: (nowMs: number) => Promise<void>
  readonly room: () => Promise<TranscriptRoom>
  readonly close: () => Promise<void>
}
