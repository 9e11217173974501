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
