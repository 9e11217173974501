/*
 * Every bound of the house in one place: a wait on something external has a timeout, a queue and a loop over external
 * data has a bound. Names end in the unit.
 */

/** A request body above this is answered 413 before it is parsed (OpenAI's own chat bodies stay below 1 MiB without images). */
export const requestBodyBytesMax: number = 8 * 1024 * 1024
/** Of a request that is refused while it is being sent, this much more is read and thrown away before the connection ends. */
export const discardedBodyBytesMax: number = 64 * 1024 * 1024
/** JSON nested deeper than this is refused: no OpenAI request needs more, and recursive readers downstream stay safe. */
export const jsonDepthMax = 64
/**
 * Members, objects and arrays of a body together. A conversation of a thousand messages with two hundred tools has some ten
 * thousand; eight megabytes of nothing else would keep the event loop for seconds.
 */
export const jsonNodesMax = 131_072
/** The same of a contributor's answer: four thousand tokens, each with the twenty likeliest in its place, fit. */
export const answerNodesMax = 524_288
/** The longest whole answer of an upstream that is buffered for a unary request. */
export const upstreamBodyBytesMax: number = 32 * 1024 * 1024
/** The longest single server-sent event; a longer one ends the stream as an upstream failure. */
export const sseEventBytesMax: number = 1024 * 1024
/** What is held back of a stream before its first content, and while its hold is not durable yet; then it is paused. */
export const heldBackBytesMax: number = 256 * 1024
/** `n` of a chat completion: each choice is a whole generation, so the bound is a price bound too. */
export const choicesMax = 8
/** Completion tokens of one choice where neither the client nor the offer sets a smaller bound. */
export const completionTokensDefaultMax = 4096
/** Completion tokens of each choice that a stream holds at a time where its worst case does not fit what is free. */
export const streamSliceTokens = 512
/** How long a client may take to send its whole request, headers included, before the socket is closed. */
export const clientRequestTimeoutMs = 30_000
/** How long a client may leave what was written to it unread, before its connection is closed and its upstream freed. */
export const clientStallTimeoutMs = 60_000
/** From the dispatch to the response headers of a stream, which engines send before the first token. */
export const upstreamFirstByteTimeoutMs = 60_000
/** From the dispatch to the headers of an answer in one piece: engines send them after the last token. The SDKs' default. */
export const upstreamWholeAnswerTimeoutMs = 600_000
/** Between two chunks of an upstream's body. */
export const upstreamIdleTimeoutMs = 30_000
/** Until a TCP (and TLS) connection to an upstream stands. */
export const upstreamConnectTimeoutMs = 5_000
/** How long an answer waits for a contributor whose connection broke to dial in again; below the idle timeout it would be cut by that. */
export const tunnelResumeMs = 60_000
/** Between two pings of a contributor that dialled in, and until one must be answered. */
export const tunnelPingMs = 10_000
/** Until a contributor that dials in must have proven who it is. */
export const greetingTimeoutMs = 5_000
/** Distinct contributors that are tried for one request before the client is told. */
export const upstreamAttemptsMax = 3
/** From the first look for a contributor until nobody else is asked: whoever is at work then has its own timeouts. */
export const upstreamAttemptsTimeoutMs = 120_000
/** The same contributor is asked again, where it is the only one, after a pause drawn from between these. */
export const upstreamRetryPauseMinMs = 50
export const upstreamRetryPauseMaxMs = 500
/** How long a stream that has not begun is silent where the operator wants comments in it, and between two of them. */
export const keepAliveIntervalMs = 10_000
/** While an answer streams, what was delivered is made durable at least this often. */
export const checkpointIntervalMs = 1_000
/** …and at least every this many completion events. */
export const checkpointEventsMax = 64
/** How often a gateway looks for what a replica that died left held. */
export const holdReapIntervalMs = 3_000
/** How long a shutdown waits for requests in flight before it ends them. */
export const drainTimeoutMs = 20_000
/** One JSON-RPC call to a chain. */
export const chainCallTimeoutMs = 10_000
/** Writes that may wait for the next group commit; beyond it requests are refused as overloaded. */
export const storeQueueWritesMax = 65_536
/** From sending a transaction until it must be in a block. */
export const confirmationTimeoutMs = 60_000
/** Between two looks for a transaction's receipt: the first, doubling to the last. */
export const receiptPollFirstMs = 10
export const receiptPollLastMs = 2_000
/** 100 rows of a claim are 2.4 million gas and 48 KB of calldata: comfortable in one block of any chain. */
export const claimRowsMax = 100
/** How often settlement looks. Also how old the ledger's view of an exposed channel may be. */
export const settlementIntervalMs = 15_000
/** Until the embedded chain listens. */
export const chainStartTimeoutMs = 15_000
/** anvil writes its whole state while it stops. */
export const chainStopTimeoutMs = 10_000
/** What a kill -9 of anvil itself can cost. */
export const chainSaveIntervalMs = 5_000
/** Between two looks whether another process has ended. */
export const processPollMs = 20
/** Loading and checking the model takes about a second; a machine under load gets more. */
export const engineStartTimeoutMs = 30_000
/** An embedded contributor that keeps ending is not started for ever. */
export const engineRestartsMax = 5
/** Transactions of one account that wait for a block at once: nodes keep few more in order for one sender (geth: 16). */
export const outboxInFlightMax = 16
/** A transaction that is in no block for so long is replaced by one with higher fees. */
export const feeBumpAfterMs = 30_000
/** A nonce that a block has, but in no transaction of ours, is believed after this long: nodes behind one URL differ. */
export const strangeForMsMin = 10_000
/** Until a claim that the contract refused is tried again, unless its channel changes: the first pause, doubling to the last. */
export const quarantinePauseFirstMs = 60_000
export const quarantinePauseMaxMs = 3_600_000
/** How often the chain is asked for what happened to channels. Withdrawals take 900 s at least. */
export const watchIntervalMs = 5_000
/** Blocks whose events are asked for in one call: providers refuse more. */
export const watchedBlocksAtOnceMax = 1_000
/** Blocks behind the newest whose hashes are remembered: a deeper reorganisation is seen only as far as this. */
export const watchedBlocksKept = 256
/** Channels that are read from the chain at the same time. */
export const chainReadsAtOnceMax = 8
/** A channel's payer gets a refund at most this often: each costs the gateway gas. */
export const refundPauseMs = 86_400_000
/** API keys of one channel, revoked ones included: their hashes are remembered for ever. */
export const apiKeysPerChannelMax = 1_000
/** API keys that a gateway keeps in memory between two changes of the store. */
export const knownApiKeysMax = 100_000
/** An authorization that expires sooner is not sent: it may do so before a block takes it. */
export const depositValidityMinS = 20
/** From the block of a deposit until as many follow as make it final; then whoever waits is told to ask again. */
export const depositConfirmationTimeoutMs = 120_000
/** Deposits that wait for the one before them on their channel. */
export const depositsQueuedPerChannelMax = 64
/** Blocks in which the transfer of an `exact` payment is looked for: beyond the validity of any authorization we quote. */
export const exactTransferBlocksMax = 5_000
/** How long an authorization that we quote is good for. */
export const authorizationValidS = 300
/** Requests that one voucher may pay for at the same time, at most. */
export const parallelRequestsMax = 32
/** Requests of one channel that wait for the one before them, and how long. */
export const turnsWaitingMax = 64
export const turnWaitTimeoutMs = 30_000
/** How long a client that was told to sign a higher voucher keeps its turn. */
export const turnRetryGraceMs = 2_000
/** Requests without a receipt that a process remembers for whoever asks what became of one; each takes about a kilobyte. */
export const unservedRequestsRemembered = 10_000
/** Answered requests of vouchers for one request that a process remembers. */
export const repeatedPaymentsRemembered = 10_000
/** A PAYMENT-SIGNATURE header that is longer is not read: a deposit with its terms has 2 KB. */
export const paymentHeaderLengthMax = 12_288
/** Payers whose last PAYMENT-SIGNATURE is remembered, and its bytes: one with no extensions has a kilobyte. */
export const voucherDocumentsRemembered = 4_096
export const voucherDocumentLengthMax = 4_096
/** Channels whose terms are remembered as looked at, on each chain and asset; each takes half a kilobyte. */
export const voucherChannelsRemembered = 16_384
/** Deposits that this process remembers by id. */
export const depositsRememberedMax = 10_000
/** How far a key order's nonce may be ahead of the Unix time in milliseconds. */
export const keyNonceAheadMsMax = 86_400_000
/** How long an owner's signed question, or its order of a refund, may be good for. */
export const billingQueryAheadSMax = 300
/** Receipts in one answer: each has 3 KB. */
export const receiptsPerPageMax = 100
/** Refusals (401, and 402 of one key) that one address gets at once before it is told to wait, and how fast they come back. */
export const refusalsAtOnceMax = 60
export const refusalReturnsEveryMs = 1_000
/** Deposits that one network may have sent at once, and how fast that comes back. Each payer has its own limit besides. */
export const depositsAtOnceMax = 60
export const depositReturnsEveryMs = 10_000
/** Channels without a book that the nodes are asked about at once, because somebody said so, and how fast that comes back. */
export const unknownChannelsAtOnceMax = 100
export const unknownChannelReturnsEveryMs = 100
/** Addresses whose refusals are counted at the same time; the one that was quiet longest is forgotten first. */
export const refusedAddressesMax = 10_000
/** Until a connection to Redis stands. */
export const storeConnectTimeoutMs = 5_000
/** Redis answers a commit when its disk has it; one that says nothing for so long is taken for gone. */
export const storeReplyTimeoutMs = 5_000
/** Between two attempts to reach a Redis that is gone, at most. */
export const storeReconnectLastMs = 500
/** How long a charge waits for a Redis that went away before its request fails. */
export const storeOutageWaitMs = 10_000
/** Between two attempts at a Redis that answers but refuses to write, as one without memory does. */
export const storeRefusedPauseMs = 100
/** Operations that one commit to Redis decides together: their receipts are sealed in one turn of the loop. */
export const storeBatchOperationsMax = 128
/** A replica that lost against another may go before all others for so long. */
export const storeTurnMs = 250
/** Between two attempts of a replica that waits for another's turn to end. */
export const storeTurnPollMs = 2
/** Rows that a replica remembers from its last commits; one of a channel is about a kilobyte. */
export const storeCachedRowsMax = 65_536
/** A replica that has not renewed its lease for so long is gone: its open holds are recovered. */
export const storeLeaseMs = 15_000
/** How often it renews. */
export const storeLeaseRenewalMs = 5_000
/** A receipt in a header of its answer, before base64: HTTP clients take 8 to 16 KiB of headers, some proxies 4. */
export const inlineReceiptBytesMax = 6_000
/** How often receipts are looked at that have been kept long enough, and how many lose their bodies in one step. */
export const receiptSweepIntervalMs = 3_600_000
export const receiptsExpiredAtOnceMax = 128
/** Rows of one answer when a whole table is read. */
export const storeScanRows = 256
/** What a contributor has earned becomes a voucher after so long… */
export const payoutVoucherIntervalMs = 5_000
/** …or after so many answers, whatever comes first. */
export const payoutUnpromisedAnswersMax = 64
/** How old the gateway's view of a payout channel may be, and how often it fills escrows and relays claims. */
export const payoutLookIntervalMs = 30_000
/** How long a contributor's signed question for its voucher may be good for. */
export const voucherQueryAheadSMax = 300
/** Attempts of one order to change API keys that others change at the same time. */
export const storeWriteAttemptsMax = 100
/** How old a signed rate between two assets may be. */
export const fxQuoteAgeMaxS = 60
/** An answer of signed rates that is longer, or takes longer, is not read. */
export const fxAnswerBytesMax = 262_144
export const fxAnswerTimeoutMs = 5_000
export const fxQuotesMax = 256
/** Channels whose asset a process remembers, so that a request of one need not be looked up. */
export const channelAssetsRemembered = 65_536
/** Counters of rate windows in Redis whose use a process remembers; one is half a kilobyte. */
export const rateViewsRemembered = 16_384
/** How long a process believes that a counter is full before it asks Redis again: others may have given back. */
export const rateViewTrustedMs = 1_000
/** Where all places are taken, how often a process looks whether a replica died that had some. */
export const concurrencyLookMs = 1_000
/** How soon what another process changes of callers' limits counts here. */
export const limitOverridesLookMs = 1_000
/** Prompts of one request to `/v1/completions`: what evaluation tools send at once. */
export const promptsMax = 128
/** Inputs of one request for embeddings, as the OpenAI API bounds them. */
export const embeddingInputsMax = 2048
/** Rate windows at least this long are kept over a restart of a gateway by itself. */
export const rateWindowKeptMsMin = 3_600_000
/** `n` of a request for images, as the OpenAI API bounds it. */
export const imagesMax = 10
/** A form with a recording or with images: 25 MB of file, as at OpenAI, and what stands around it. */
export const formBodyBytesMax: number = 26 * 1024 * 1024
/** Parts of a form. */
/** Input of a lookup: what a node lets a call without a transaction have in memory is not much more. */
export const lookupInputBytesMax = 1_048_576
/** Data of a lookup in its path: with it and the headers a request stays below what Node reads of both. */
export const lookupPathDataBytesMax = 4_096
export const formPartsMax = 64
/** The headers of one part: a name, a file's name and a type. */
export const formPartHeadBytesMax = 4_096
/** How soon what another gateway changes of the contributors counts here. */
export const contributorLookMs = 1_000
/** Of a URL and of an API key that a stranger sends. */
export const lentUrlLengthMax = 256
export const lentApiKeyLengthMax = 512
/** Of the JSON of what is lent, or of an entry of the admin API. */
export const contributorTermsBytesMax = 16_384
/** Models that one lent key may be used for: each is asked for a token when the key is registered. */
export const lentModelsMax = 16
/** How long an order of a lender may be good for. */
export const lenderOrderAheadSMax = 300
/** Lent keys that are being tried out at the same time, and how long one try may take. */
export const lentKeyProbesMax = 8
export const lentKeyProbeTimeoutMs = 30_000
/** Of an answer to such a try so much is read. */
export const lentKeyProbeBytesMax = 1_048_576
/** Registrations of lent keys that one network may send at once, and how fast that comes back. */
export const registrationsAtOnceMax = 20
export const registrationReturnsEveryMs = 30_000
/** A body that says what one caller may have: four members. */
export const callerLimitsBytesMax = 4_096
/** A contributor's report of its capacity that is longer, or takes longer, is not read. */
export const capacityReportBytesMax = 65_536
export const capacityReportTimeoutMs = 5_000
/** Of such a report: any number, the models and devices that it lists, and the length of a name. */
export const reportedCountMax = 10_000_000
export const reportedModelsMax = 256
export const reportedGpusMax = 64
export const reportedNameLengthMax = 128
/** How long a signer may take that holds an account's key: a person looks at a small display and presses a button. */
export const signerTimeoutMs = 300_000
/** Models that one contributor may join with. */
export const joinedModelsMax = 32
/** Terms of contributors whose meaning a process keeps in mind: each takes up to 16 KB, and milliseconds to read. */
export const joiningTermsRemembered = 1_024
/** How often the registry is asked what became of those who joined: two calls of a node, however many they are. */
export const registryLookMs = 5_000
/** How long what a registry said of a contributor is believed while no node answers. */
export const standingTrustedMs = 600_000
/** Between two questions for it to one contributor; jittered by a fifth. */
export const capacityAskIntervalMs = 5_000
/** …where nobody answers, doubling up to this, and where the question is not known at all. */
export const capacityAskPauseMaxMs = 60_000
export const capacityAskRareMs = 600_000
/** Contributors that are asked at the same time. */
export const capacityAsksAtOnceMax = 64
/** What a contributor reported is believed so long without another report. */
export const capacityReportKeptMs = 30_000
/** An answer that is longer is not kept for auditors. */
export const auditedAnswerBytesMax = 4_194_304
/** What a contributor says that opens a commitment, about forty bytes a token; what is longer, or takes longer, is not read. */
export const commitmentOpeningBytesMax = 2_097_152
export const commitmentOpeningTimeoutMs = 5_000
/** A TDX quote and its event log have some hundred KB, evidence of eight GPUs as much again. */
export const attestationReportBytesMax: number = 4 * 1024 * 1024
export const attestationReportTimeoutMs = 10_000
/** Jobs of contracts in one list for the operator. */
export const listedJobsMax = 500
