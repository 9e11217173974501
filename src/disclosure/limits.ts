/** Transcripts that wait to be sealed and written; what comes beyond is not kept. */
export const pendingTranscriptBytesMax = 33_554_432
/** How long they wait for others: one write is one transaction. */
export const transcriptFlushMs = 100
/** So many are sealed and written at a time, so that nobody's answer waits for long behind them. */
export const transcriptsAtOnceMax = 32
export const transcriptBytesAtOnceMax = 1_048_576
/** Between two looks for what is past its time, and for batches of which most can be forgotten. */
export const transcriptSweepMs = 15_000
/** Batches that are looked at in one such look: each is a question to a node. */
export const sweptBatchesMax = 32
/** Draws of batches that are remembered: each is two questions to a node. */
export const drawsRemembered = 256
/** Samples in one answer, and the bytes of bodies after which it ends. */
export const samplesPageMax = 32
export const samplesPageBytesMax = 8_388_608
/** Verdicts that are kept: the oldest go first. */
export const verdictsKept = 4_096
/** How soon a gateway knows what another one was told. */
export const verdictLookMs = 1_000
/** How far a verdict's time may be ahead of this clock. */
export const verdictAheadSMax = 300
/** Contributors are asked for so many openings at the same time. */
export const openingsAtOnceMax = 4
