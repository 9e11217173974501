/*
 * Bounds of a contributor, whatever its engine is; what it shares with the gateway is in base/limits.ts. Names end in the unit.
 */
/**
 * How long a client may leave written bytes unread before its stream is ended and its turn given
 * on.
 */
export const writeStallTimeoutMs = 30_000
/** A key, secret or manifest file above this is not read. */
export const smallFileBytesMax: number = 1024 * 1024
/** Unpaid work beyond which no more is begun, in atomic units: half a dollar of a token with six decimals. */
export const creditLimitDefaultAmount = 500_000n
/** A voucher counts only while a claim has at least so long to get into a block before a withdrawal is final. */
export const claimLeadS = 86_400
/** How old what we know of a payout channel may be when a voucher is judged by it. */
export const channelFactsAgeMaxMs = 30_000
/** Vouchers that wait to be judged, each of which asks our node; of more the newest count. */
export const vouchersWaitingMax = 8
/** What was worked is written down after so long; a crash in between forgets so much of it. */
export const creditWritePauseMs = 1_000
/** Requests that a gateway may have open over one connection; ours keeps more to itself until there is room. */
export const tunnelStreamsMax = 1_024
/** Of an answer through a tunnel: twice what may be on its way unread, and what two socket buffers hold. */
export const replayBytesMax: number = 1024 * 1024
/** How long an answer is kept for a gateway whose connection broke: longer than it waits for us. */
export const exchangeKeptMs = 70_000
/** Until a gateway answers a dial. */
export const dialTimeoutMs = 10_000
/** Between two dials: the first pause, doubling to the last. A client may be waiting for the rest of its answer. */
export const dialPauseFirstMs = 500
export const dialPauseLastMs = 5_000
/** Until an agent has answered a command of its folder: one that joins a gateway anew takes a while. */
export const controlAnswerTimeoutMs = 60_000
/** A line of a command or its answer. */
export const controlLineLengthMax = 65_536
/** How often an agent looks whether it has to claim by itself; each look asks its node a few questions. */
export const claimLookMs = 600_000
/** Between a sign of a withdrawal and the look that follows, whoever gives signs and however often. */
export const claimLookSoonMs = 60_000
/** Between two claims that an agent sends by itself. */
export const claimPauseMs = 3_600_000
/** A gateway that was not heard of for so long is gone, unless the person says another time. */
export const gatewayGoneDefaultMs = 86_400_000
/** Between two looks of a command at what the agent has got to. */
export const agentPollMs = 500
/** Between the last use of a signing key and its revocation: what a gateway may need for a receipt, and clocks may differ. */
export const keyRestS = 60
/** How far the time of a chain's next block may be behind our clock. */
export const chainBehindMaxS = 15
/** The line before an answer to a contract: its Work takes most of it. */
export const contractJobHeadBytesMax = 16_384
/** Contracts' jobs that are kept until their ends are known, and the bytes of their answers: beyond, none is begun. */
export const contractJobsKeptMax = 4_096
export const contractAnswersBytesMax: number = 256 * 1024 * 1024
/** By how much our clock may be ahead of a chain's: a job's answer is kept so much longer than its deadline. */
export const contractJobSlackS = 600
/** Until our own node has said whether a job would be paid, and how long its yes is believed. */
export const payableAnswerTimeoutMs = 3_000
export const payableAgeMaxMs = 3_000
/** Jobs that are asked about at the same time; a gateway that names more is refused until some are known. */
export const payableQuestionsMax = 32
/** Between two looks at a coordinator that was not found good, or could not be asked. */
export const coordinatorLookMs = 30_000
/** How often coordinators are asked what became of the answers. */
export const duesLookMs = 60_000
/** Answers whose end is asked for at the same time. */
export const duesAsksAtOnceMax = 8
/** By how many blocks a chain may go back behind an answer that is looked for. */
export const reorganisedBlocksMax = 64
