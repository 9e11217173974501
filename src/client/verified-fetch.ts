/*
 * `fetch` for a gateway that is not trusted: what it answers reaches its reader, but the end of the answer only once the
 * receipt for these very bytes was fetched and holds under the caller's policy. docs/verify.md is written for its users.
 */
import { assert } from '../base/assert.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Bytes32 } from '../domain/units.ts'
import { apiOf, keyHeadersOf, receiptIdOf } from './answer-origin.ts'
import { askGateway, describeBillingFailure } from './ask-gateway.ts'
import { type AnswerEnd, endOfStream } from './check-ending.ts'
import { type CheckLine, fails, holds } from './check-line.ts'
import { type FetchClock, fetchReceipt, systemClock } from './fetch-receipt.ts'
import { termsReader } from './gateway-answers.ts'
import { inlineHeader, receiptInHeader, splitStreamReceipt } from './inline-receipt.ts'
import { judgedBody } from './judged-body.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { type ChainLink, takeLink, unexplainedAmount } from './receipt-chain.ts'
import { rememberingRpc } from './remembering-rpc.ts'
import { readSentRequest, type SentRequest } from './request-bytes.ts'
import { VerificationError } from './verification-error.ts'
import { type PolicyTerms, readPolicy, type VerificationPolicy } from './verification-policy.ts'
import { type AnswerReport, reportWithoutReceipt, verifyAnswer } from './verify-answer.ts'

export type VerifiedFetchOptions = {
  readonly policy: VerificationPolicy
  /**
   * Called for every answer before its end is handed on, and for answers that were left, once their receipt is known: whoever
   * pays with vouchers signs the next one only after a report that is verified. What it throws, the reader gets.
   */
  readonly onReceipt?: (report: AnswerReport) => void | Promise<void>
  /** `throw` (default): the reader gets a VerificationError instead of the end. `report`: `onReceipt` alone is told. */
  readonly onUnverified?: 'throw' | 'report'
  /** Asks the gateway; default: the global fetch. One that pays, such as x402's, goes here. */
  readonly fetch?: typeof fetch
  /** Fetches receipts and terms; default: the global fetch. */
  readonly receiptFetch?: typeof fetch
  /**
   * Headers that show the payer, for a receipt that does not come with its answer; default: those of the request that tell its
   * key. A payer without a key gives its signed `Authorization` here.
   */
  readonly receiptHeaders?: (receiptId: Bytes32) => Headers | Promise<Headers>
  /** Until when a receipt must be there. Milliseconds; default 10,000. */
  readonly receiptTimeoutMs?: number
  readonly clock?: FetchClock
}

/** An answer with more bytes than a gateway keeps of one is not verified. */
const answerBytesMax: number = 64 * 1024 * 1024
const receiptTimeoutDefaultMs = 10_000
/** An answer that takes longer counts as one that nobody reads any more. */
const answerPatienceMs = 600_000
/** How long what a node or the gateway's terms said is taken as still said. */
const rememberedMs = 60_000

/** One request. Receipts of several are held to each other only by one `createVerifiedFetch`. */
export function verifiedFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
  options: VerifiedFetchOptions,
): Promise<Response> {
  return createVerifiedFetch(options)(input, init)
}

/**
 * A fetch for the `fetch` option of API clients. GET, HEAD and OPTIONS pass unchanged, as nothing is charged for them, and so
 * do answers that are errors by their status. Every other answer needs a receipt that holds.
 *
 * Throws a TypeError for a policy that cannot be used.
 */
export function createVerifiedFetch(options: VerifiedFetchOptions): typeof fetch {
  const verifier = new AnswerVerifier(options)
  return async (input, init) => {
    const request = await readSentRequest(input, init)
    const ask = options.fetch ?? globalThis.fetch
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return ask(request.url, request.init)
    const judge = verifier.begin(request)
    const isInline = request.headers.has(inlineHeader)
    if (!isInline) request.headers.set(inlineHeader, '1')
    try {
      const response = await ask(request.url, request.init)
      if (response.ok && response.body !== null) return judge.of(response, { isInline })
      judge.noAnswer()
      return response
    } catch (error) {
      judge.noAnswer()
      throw error
    }
  }
}

type AnswerJudge = {
  /** The same response, with a body that ends when it is verified. */
  readonly of: (response: Response, asked: { readonly isInline: boolean }) => Response
  readonly noAnswer: () => void
}

/** What the answers of one verified fetch have in common. */
class AnswerVerifier {
  readonly #options: VerifiedFetchOptions
  readonly #policy: PolicyTerms
  readonly #clock: FetchClock
  readonly #rpc: JsonRpc | undefined
  readonly #links = new Map<Bytes32, readonly ChainLink[]>()
  readonly #told = new Map<string, { readonly atMs: number; readonly sheets: Promise<Agreed> }>()
  /** Requests whose receipt was not seen yet, by when they were sent. */
  readonly #underWay = new Set<{ readonly sentAtMs: number }>()

  constructor(options: VerifiedFetchOptions) {
    this.#options = options
    this.#policy = readPolicy(options.policy)
    this.#clock = options.clock ?? systemClock
    const { rpcUrl } = this.#policy
    this.#rpc =
      rpcUrl === undefined
        ? undefined
        : rememberingRpc(jsonRpc(rpcUrl), { forMs: rememberedMs, nowMs: this.#clock.nowMs })
  }

  begin(request: SentRequest): AnswerJudge {
    const sentAtMs = this.#clock.nowMs()
    const place = { sentAtMs }
    this.#underWay.add(place)
    // Asked beside the request: what is told then is what the answer may cost.
    const agreed = this.#agreedPrices(request)
    const judgeAnswer = async (response: Response, got: GotAnswer): Promise<void> => {
      const judged = this.#report(request, response, { ...got, sentAtMs, agreed })
      const report = await judged.finally(() => this.#underWay.delete(place))
      await this.#options.onReceipt?.(report)
      if (report.verified || got.end === 'left') return
      if (this.#options.onUnverified !== 'report') throw new VerificationError(report)
    }
    return {
      of: (response, asked) => this.#judged(request, response, { ...asked, judgeAnswer }),
      noAnswer: () => {
        this.#underWay.delete(place)
      },
    }
  }

  #judged(
    request: SentRequest,
    response: Response,
    terms: {
      /** Whether the reader asked for the receipt in its answer itself. */
      readonly isInline: boolean
      readonly judgeAnswer: (response: Response, got: GotAnswer) => Promise<void>
    },
  ): Response {
    const { isInline, judgeAnswer } = terms
    const { body } = response
    assert(body !== null, 'an answer without a body is not judged')
    const isEventStream = /^\s*text\/event-stream\b/i.test(
      response.headers.get('content-type') ?? '',
    )
    const judged = judgedBody(body, {
      isEventStream,
      judge: {
        ended: async (bytes, handedOn) => {
          const got = isEventStream
            ? splitStreamReceipt(bytes, handedOn)
            : { answer: bytes, document: receiptInHeader(response.headers) }
          const end = isEventStream ? endOfStream(got.answer) : 'whole'
          await judgeAnswer(response, { bytes: got.answer, document: got.document, end })
          return isInline ? bytes.length : got.answer.length
        },
        // Nobody waits for this verdict, so it goes to onReceipt alone; what that throws is its own affair.
        left: () => void judgeAnswer(response, nothingGot).catch(() => {}),
        bytesMax: answerBytesMax,
        tooLong: () =>
          new VerificationError(
            this.#without(request, response, `the answer has more than ${answerBytesMax} bytes`),
          ),
      },
    })
    const { status, statusText, headers, url } = response
    const answer = new Response(judged, { status, statusText, headers })
    // A response that is made has no URL of its own.
    return Object.defineProperty(answer, 'url', { value: url })
  }

  async #report(
    request: SentRequest,
    response: Response,
    got: GotAnswer & { readonly sentAtMs: number; readonly agreed: Promise<Agreed> },
  ): Promise<AnswerReport> {
    const receiptId = receiptIdOf(response)
    if (receiptId === undefined) return this.#without(request, response, noHeader)
    const document = got.document ?? (await this.#fetchDocument(request, receiptId))
    if (typeof document === 'string') return this.#without(request, response, document)
    const { bytes, end, sentAtMs } = got
    const { url, bytes: sent } = request
    return verifyAnswer(
      { url, receiptId, document, request: sent, response: bytes, end, sentAtMs },
      {
        policy: policyFor(this.#policy, end),
        rpc: this.#rpc,
        agreed: await got.agreed,
        continuity: (parsed, digest) => this.#take(parsed, digest),
        nowMs: this.#clock.nowMs(),
      },
    )
  }

  #without({ url }: SentRequest, response: Response, detail: string): AnswerReport {
    return reportWithoutReceipt({ url, receiptId: receiptIdOf(response) }, this.#policy, detail)
  }

  /** The error is one sentence. */
  async #fetchDocument(request: SentRequest, receiptId: Bytes32): Promise<Uint8Array | string> {
    const api = apiOf(request.url)
    if (api === undefined) return `it is not known where ${request.url} has its receipts`
    const { receiptFetch, receiptHeaders, receiptTimeoutMs } = this.#options
    const document = await fetchReceipt(
      {
        fetch: receiptFetch ?? globalThis.fetch,
        api,
        headers: () => receiptHeaders?.(receiptId) ?? keyHeadersOf(request),
        timeoutMs: receiptTimeoutMs ?? receiptTimeoutDefaultMs,
        clock: this.#clock,
      },
      receiptId,
    )
    return document.ok ? document.value : document.error
  }

  #take({ receipt }: ParsedReceipt, digest: Bytes32): CheckLine {
    const check = 'continuity'
    const before = this.#links.get(receipt.channelId) ?? []
    const links = takeLink(before, { ...receipt, digest })
    if (!links.ok) return fails(check, links.error)
    this.#links.set(receipt.channelId, links.value)
    const unexplained = unexplainedAmount(links.value)
    if (this.#policy.continuity === 'shared' || unexplained === 0n) {
      return holds(check, `receipt ${receipt.channelSeq} of its channel contradicts none before it`)
    }
    // Whoever is still under way may bring the receipt that is missing: but not this one, nor an answer that nobody reads.
    const since = this.#clock.nowMs() - answerPatienceMs
    const others = [...this.#underWay].filter(({ sentAtMs }) => sentAtMs > since).length - 1
    return others > 0
      ? holds(check, `receipt ${receipt.channelSeq}; ${others} more are under way`)
      : fails(check, `${unexplained} atomic units were charged for which no receipt was shown`)
  }

  #agreedPrices(request: SentRequest): Promise<Agreed> {
    const { prices } = this.#policy
    if (prices !== 'as-told') return Promise.resolve(prices === 'any' ? undefined : prices)
    const api = apiOf(request.url)
    if (api === undefined)
      return Promise.resolve(`it is not known where ${request.url} tells prices`)
    const nowMs = this.#clock.nowMs()
    const told = this.#told.get(api)
    if (told !== undefined && nowMs - told.atMs < rememberedMs) return told.sheets
    const sheets = this.#askPrices(api)
    this.#told.set(api, { atMs: nowMs, sheets })
    return sheets
  }

  async #askPrices(api: string): Promise<Agreed> {
    const terms = await askGateway(
      { origin: api, path: '/billing/terms', init: {}, fetch: this.#options.receiptFetch },
      termsReader,
    )
    if (terms.ok) return terms.value.models.map(({ price_sheet }) => price_sheet)
    this.#told.delete(api)
    return `the gateway's prices are not known: ${describeBillingFailure(terms.error)}`
  }
}

type Agreed = readonly PriceSheet[] | string | undefined
type GotAnswer = {
  readonly bytes: Uint8Array | undefined
  /** The receipt, where it came with the answer. */
  readonly document: Uint8Array | undefined
  readonly end: AnswerEnd
}
const nothingGot: GotAnswer = { bytes: undefined, document: undefined, end: 'left' }

const noHeader =
  'the answer names no receipt in x-vouch-receipt (a browser sees it only where the gateway exposes it)'

/** Of an answer that was left there are no bytes that the response could be compared with. */
const policyFor = (policy: PolicyTerms, end: AnswerEnd): PolicyTerms =>
  end === 'left' ? { ...policy, tolerated: new Set([...policy.tolerated, 'response']) } : policy
