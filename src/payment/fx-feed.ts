/*
 * Asks for signed rates again and again, and offers each to the board, which judges it. Whoever answers is not trusted: what
 * is read is bounded and strict, and what is wrong is logged by its reason, never by its contents.
 */
import { readFile } from 'node:fs/promises'
import { fxAnswerBytesMax, fxAnswerTimeoutMs, fxQuotesMax } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import {
  bytes32,
  isBytes32,
  isHex,
  signature,
  unixSeconds,
  unixSecondsOf,
} from '../domain/units.ts'
import type { FxBoard, SignedFxQuote } from './fx-board.ts'

export type FxFeed = {
  /** Asks once. Never rejects. */
  readonly askNow: () => Promise<void>
  /** Asks no more and waits for the answer that is under way. */
  readonly stop: () => Promise<void>
}

/** Where rates come from: an HTTP address, or a file that somebody else keeps up to date. */
type FxSource = { readonly url: string } | { readonly file: string }

export type FxFeedTerms = {
  readonly source: FxSource
  readonly everyMs: number
  readonly board: FxBoard
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** Resolves when it has asked once, so that a gateway that starts has its rates, or knows that it has none. */
export async function startFxFeed(terms: FxFeedTerms): Promise<FxFeed> {
  let asking: Promise<void> | undefined
  let toldLast = ''
  const ask = async () => {
    const told = await askOnce(terms)
    // A source that is gone for an hour is one line.
    if (told !== '' && told !== toldLast) terms.log.error('fx_quotes_not_taken', { detail: told })
    toldLast = told
  }
  const askNow = (): Promise<void> => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
  await askNow()
  const timer = setInterval(() => void askNow(), terms.everyMs)
  timer.unref()
  return {
    askNow,
    stop: async () => {
      clearInterval(timer)
      await asking
    },
  }
}

/** Answers what was wrong, in our own words; empty where all is well. */
async function askOnce({ source, board, nowMs }: FxFeedTerms): Promise<string> {
  let text: string
  try {
    text = 'url' in source ? await fetchText(source.url) : await readBounded(source.file)
  } catch (error) {
    return error instanceof FxFault ? error.message : 'the source of rates does not answer'
  }
  const quotes = parseQuotes(text)
  if (quotes === undefined) return 'the answer is not a list of signed quotes'
  const nowS = unixSecondsOf(nowMs())
  const objections = new Set(quotes.flatMap((quote) => board.offer(quote, nowS) ?? []))
  return [...objections].sort().join(', ')
}

class FxFault extends Error {}

const tooLong = () => new FxFault('the answer is too long')

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, {
    // Whoever was asked answers, or nobody.
    redirect: 'error',
    signal: AbortSignal.timeout(fxAnswerTimeoutMs),
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new FxFault(`the source of rates answers ${response.status}`)
  }
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > fxAnswerBytesMax) throw tooLong()
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

async function readBounded(file: string): Promise<string> {
  const bytes = await readFile(file)
  if (bytes.length > fxAnswerBytesMax) throw tooLong()
  return bytes.toString()
}

/** `{"quotes": [{quoteId, assetIn, assetOut, rateE18, validBefore, signature}]}`; undefined where it is anything else. */
function parseQuotes(text: string): readonly SignedFxQuote[] | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const listed = fieldsOf(json)['quotes']
  if (!Array.isArray(listed) || listed.length > fxQuotesMax) return undefined
  const quotes = listed.map(parseQuote)
  return quotes.every((quote) => quote !== undefined) ? quotes : undefined
}

function parseQuote(value: unknown): SignedFxQuote | undefined {
  const { quoteId, assetIn, assetOut, rateE18, validBefore, signature: signed } = fieldsOf(value)
  const isWhole =
    isBytes32(quoteId) &&
    isBytes32(assetIn) &&
    isBytes32(assetOut) &&
    typeof rateE18 === 'string' &&
    /^\d{1,38}$/.test(rateE18) &&
    Number.isSafeInteger(validBefore) &&
    Number(validBefore) >= 0 &&
    isHex(signed)
  if (!isWhole) return undefined
  return {
    quote: {
      quoteId: bytes32(quoteId),
      assetIn: bytes32(assetIn),
      assetOut: bytes32(assetOut),
      rateE18: BigInt(rateE18),
      validBefore: unixSeconds(Number(validBefore)),
    },
    signature: signature(signed),
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
