/*
 * What single steps of the hot path cost, each alone and warm: where a request's microseconds go, and whether a change to
 * one step pays. CPU time of this process, all threads, median of five rounds; the whole way is measured by run.ts.
 *
 *   node bench/micro.ts [NAME…]     only the steps whose name contains one of the words
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Bytes32 } from '../src/attestation/answer-transcript.ts'
import { contentHash } from '../src/attestation/content-hash.ts'
import { sealReceipt, type UnsealedReceipt } from '../src/attestation/seal-receipt.ts'
import { startStreamHash } from '../src/attestation/stream-hash.ts'
import { randomPrivateKey } from '../src/chain/private-key.ts'
import { hashPriceSheet } from '../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, curveInUse, signDigest } from '../src/chain/signatures.ts'
import type { CallerLimits } from '../src/domain/caller-limits.ts'
import { microUsd } from '../src/domain/exchange.ts'
import type { ReceiptPosition } from '../src/domain/hold.ts'
import { workStatus } from '../src/domain/receipt.ts'
import {
  address,
  atomic,
  bytes32,
  noSignature,
  unixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../src/domain/units.ts'
import { parseChatBody } from '../src/http/openai-schema.ts'
import { parseStrictJson } from '../src/http/strict-json.ts'
import { authenticate, createApiKey } from '../src/payment/authenticate.ts'
import { nothingUsed } from '../src/payment/caller-limits.ts'
import { createPaymentStep } from '../src/payment/payment-step.ts'
import { openSqliteApiKeys } from '../src/store/api-key-store-sqlite.ts'
import { openSqliteLedger } from '../src/store/ledger-store-sqlite.ts'
import { readChatEvent, readWholeText } from '../src/upstream/chat-events.ts'
import { SseReader } from '../src/upstream/sse-reader.ts'
import { callerLimits } from '../test/support/caller-limits.ts'
import {
  openTestChannel,
  testAsset,
  testChannelId,
  testDomain,
} from '../test/support/gateway-on-ledger.ts'
import { inferenceRequest, offerOf } from '../test/support/requests.ts'
import { LedgerCycles } from './ledger-cycles.ts'
import { median, quantile } from './statistics.ts'
import { eventsPerStream, requestBody, streamAnswer, streamEvents, unaryAnswer } from './traffic.ts'

const rounds = 5
const roundMs = 120

const wanted = process.argv.slice(2)
const isWanted = (name: string): boolean =>
  wanted.length === 0 || wanted.some((word) => name.includes(word))

const print = (name: string, text: string): void => {
  process.stdout.write(`${name.padEnd(52)} ${text}\n`)
}

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Runs `step` for a while and prints its CPU time, divided by `parts` where one run does several of what is named. */
function time(name: string, step: () => unknown, parts = 1): void {
  if (!isWanted(name)) return
  const costs: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const before = cpuMicros()
    const untilMs = performance.now() + roundMs
    let runs = 0
    while (performance.now() < untilMs) {
      for (let run = 0; run < 20; run += 1) step()
      runs += 20
    }
    // The first round compiles.
    if (round > 0) costs.push((cpuMicros() - before) / (runs * parts))
  }
  print(name, `${median(costs).toFixed(2).padStart(8)} µs`)
}

const someHash = bytes32(`0x${'7a'.repeat(32)}`)
const privateKey = randomPrivateKey()
const operator = addressOfPrivateKey(privateKey)
const prices = {
  operator,
  modelId: someHash,
  asset: testAsset,
  promptAtomicPerMtok: atomic(1_000_000n),
  cachedPromptAtomicPerMtok: atomic(500_000n),
  completionAtomicPerMtok: atomic(2_000_000n),
  validFrom: unixSeconds(0),
  validUntil: unixSeconds(0),
}
const signer = {
  operator,
  privateKey,
  domain: testDomain,
  chainId: 31337,
  verifyingContract: address(`0x${'5e'.repeat(20)}`),
}
const unsealed: UnsealedReceipt = {
  receiptId: someHash,
  work: {
    jobId: someHash,
    gateway: operator,
    contributor: zeroAddress,
    modelId: someHash,
    inputHash: someHash,
    outputHash: someHash,
    contentHash: someHash,
    streamRoot: zeroBytes32,
    promptTokens: 190,
    cachedPromptTokens: 0,
    completionTokens: 38,
    commitment: zeroBytes32,
    startedAt: unixSeconds(1_760_000_000),
    finishedAt: unixSeconds(1_760_000_001),
    status: workStatus.complete,
  },
  contributorSignature: noSignature,
  client: operator,
  requestHash: someHash,
  responseHash: someHash,
  channelId: testChannelId,
  cost: atomic(266n),
  prices,
  priceHash: hashPriceSheet(prices),
  usageSource: 'reported',
  record: 'a'.repeat(230),
  sealedAt: unixSeconds(1_760_000_001),
  answerId: undefined,
}

function timeRequest(): void {
  const body = requestBody('unary')
  time('request: parse strictly (scan, parse, count members)', () => parseStrictJson(body))
  time('request: the same with the schema', () => parseChatBody(body))
  time('request: sha256 of 1 KB', () => sha256Bytes32(body))
  time('answer: parse and serialise', () => readWholeText(unaryAnswer))
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(15)
  time('answer: content hash (keccak of 0.7 KB)', () => contentHash([{ text, toolCalls: [] }]))
}

function timeApiKey(folder: string): void {
  const keys = openSqliteApiKeys(join(folder, 'keys.db'))
  const nowMs = Date.now()
  const { secret, apiKey } = createApiKey({ label: 'bench', channelId: testChannelId, nowMs })
  void keys.insert(apiKey)
  time('request: API key', () => void authenticate(keys, `Bearer ${secret}`, nowMs))
  void keys.close()
}

/** What limits cost a caller that has none, and one of whom everything is counted. */
async function timeLimits(): Promise<void> {
  const { payer } = inferenceRequest()
  const free = callerLimits()
  time('limits: of a caller without', () => free.limitsOf(payer))
  const max = 1_000_000_000
  const limits: CallerLimits = {
    requestsPerMinuteMax: max,
    tokensPerMinuteMax: max,
    concurrencyMax: max,
    spendPerDayMax: microUsd(BigInt(Number.MAX_SAFE_INTEGER)),
  }
  const limited = callerLimits({ key: limits, account: limits })
  const asked = { requests: 1, tokens: 1, spent: microUsd(1n) }
  const pass = async () => {
    const callers = limited.limitsOf(payer) ?? []
    const entered = await limited.enter(callers, asked)
    if (!entered.ok) throw new Error(entered.error.reason)
    await entered.value.leave(nothingUsed)
  }
  const name = 'limits: count a request by eight limits, and correct it'
  if (!isWanted(name)) return
  for (let run = 0; run < 5_000; run += 1) await pass()
  const before = cpuMicros()
  const runs = 20_000
  for (let run = 0; run < runs; run += 1) await pass()
  print(name, `${((cpuMicros() - before) / runs).toFixed(2).padStart(8)} µs`)
}

function timeReceipt(): void {
  let seq = 0
  const position = (): ReceiptPosition => {
    seq += 1
    return {
      gatewaySeq: seq,
      channelSeq: seq,
      cumulative: atomic(BigInt(seq) * 266n),
      prevReceipt: someHash,
    }
  }
  time(`receipt: sign (${curveInUse})`, () => signDigest(someHash, privateKey))
  time('receipt: digest, sign, document', () => sealReceipt(signer, unsealed, position()).body())
}

function timeStream(): void {
  const events = streamEvents.map((text) => Buffer.from(text))
  time(
    'event: cut from a stream',
    () => new SseReader().push(streamAnswer, () => {}),
    events.length,
  )
  time('event: read', () => events.map((event) => readChatEvent(event)), events.length)
  const hashed = () => {
    const hash = startStreamHash({ jobId: someHash, inputHash: someHash })
    for (const event of events) hash.event(event)
    return hash.finish()
  }
  time('event: hash chain and output hash', hashed, eventsPerStream)
}

/** One hold and its charge, both durable, `inFlight` at a time: CPU of decision, message and commit, and how long it took. */
async function timeLedger(folder: string, inFlight: number): Promise<void> {
  const name = `ledger: hold, charge, both durable, ${inFlight} in flight`
  if (!isWanted(name)) return
  const ledger = openSqliteLedger({ path: join(folder, `ledger-${inFlight}.db`) })
  await openTestChannel(ledger, 10n ** 30n)
  const cycles = new LedgerCycles([ledger])
  await cycles.run(inFlight, 500)
  const cpuBefore = cpuMicros()
  cycles.waitsMs.length = 0
  await cycles.run(inFlight, 2000)
  const { waitsMs } = cycles
  const cost = (cpuMicros() - cpuBefore) / waitsMs.length
  const p99 = quantile(waitsMs, 0.99).toFixed(1)
  print(
    name,
    `${cost.toFixed(2).padStart(8)} µs, p50 ${median(waitsMs).toFixed(1)} ms, p99 ${p99} ms`,
  )
  await ledger.close()
}

/** All that paying adds to a request, `inFlight` at a time: whose key, what it may cost, hold, charge, both durable. */
async function timePayment(place: string, inFlight: number): Promise<void> {
  const name = `payment: key, bounds, hold, charge, ${inFlight} in flight`
  if (!isWanted(name)) return
  const keys = openSqliteApiKeys(join(place, `keys-${inFlight}.db`))
  const nowMs = Date.now()
  const { secret, apiKey } = createApiKey({ label: 'bench', channelId: testChannelId, nowMs })
  void keys.insert(apiKey)
  const ledger = openSqliteLedger({ path: join(place, `payment-${inFlight}.db`) })
  await openTestChannel(ledger, 10n ** 30n)
  const payment = createPaymentStep(ledger)
  const request = inferenceRequest({ max_tokens: 40 })
  const offers = [offerOf({ prices })]
  const context = 'c'.repeat(600)
  const sealed = sealReceipt(signer, unsealed, {
    gatewaySeq: 1,
    channelSeq: 1,
    cumulative: atomic(1n),
    prevReceipt: someHash,
  })
  let paid = 0
  const pay = async () => {
    paid += 1
    const requestId = paid.toString(16).padStart(64, '0')
    const payer = await authenticate(keys, `Bearer ${secret}`, nowMs)
    if (!payer.ok) throw new Error(payer.error.reason)
    await payment.pricing(payer.value.channelId)
    const asked = { ...request, requestId, payer: payer.value }
    const admitted = await payment.admit(asked, offers, context)
    if (!admitted.ok) throw new Error(admitted.error.reason)
    await admitted.value.hold.durable
    const receiptId = bytes32(`0x${requestId}`)
    const seal = () => ({ ...sealed, receiptId })
    await (await payment.charge(requestId, atomic(1n), seal))?.durable
  }
  const run = async (durationMs: number) => {
    const untilMs = performance.now() + durationMs
    const payers = Array.from({ length: inFlight }, async () => {
      while (performance.now() < untilMs) await pay()
    })
    await Promise.all(payers)
  }
  await run(500)
  const [paidBefore, cpuBefore] = [paid, cpuMicros()]
  await run(2000)
  print(name, `${((cpuMicros() - cpuBefore) / (paid - paidBefore)).toFixed(2).padStart(8)} µs`)
  await ledger.close()
  await keys.close()
}

const folder = mkdtempSync(join(tmpdir(), 'vouch-micro-'))
try {
  timeRequest()
  timeApiKey(folder)
  await timeLimits()
  timeReceipt()
  timeStream()
  for (const inFlight of [1, 32, 256]) await timeLedger(folder, inFlight)
  for (const inFlight of [32, 256]) await timePayment(folder, inFlight)
} finally {
  rmSync(folder, { recursive: true })
}
