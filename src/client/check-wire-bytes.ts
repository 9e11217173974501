/*
 * The bytes that went over the wire against the receipt's four hashes of them:
 *
 *   client --requestHash--> gateway --inputHash--> contributor
 *   client <-responseHash-- gateway <-outputHash-- contributor
 */
import { joinBytes, utf8Bytes, utf8Text } from '../base/bytes.ts'
import { fromHex, hexOf, toHex } from '../base/hex.ts'
import { sha256Bytes, sha256Hex } from '../base/sha256.ts'
import { type Receipt, type Work, type WorkStatus, workStatus } from '../domain/receipt.ts'
import { type Bytes32, bytes32, zeroBytes32 } from '../domain/units.ts'
import { answerHash, textHash, toolCallsHash } from './answer-hash.ts'
import { choicesMax } from './check-content.ts'
import {
  checkInferenceAnswer,
  checkInferenceRequest,
  readInferenceAnswer,
} from './check-inference.ts'
import { type CheckLine, type CheckName, fails, holds, unknown } from './check-line.ts'
import { nameNearMiss } from './near-miss.ts'
import { type AnsweredChoice, isUnary, readAnswer, splitEvents } from './read-answer.ts'
import { readDelivered } from './read-delivered.ts'

export function checkWireBytes(
  receipt: Receipt,
  bytes: { readonly request: Uint8Array | undefined; readonly response: Uint8Array | undefined },
): readonly CheckLine[] {
  const { request, response } = bytes
  const responseLine = checkResponse(receipt, response)
  const lines = [
    request === undefined
      ? unknown('request', 'the request was not given: add --request')
      : compareSha256('request', request, receipt.requestHash),
    responseLine,
  ]
  // Bytes that are not the response say nothing about the answer in it.
  if (response === undefined || responseLine.verdict !== 'holds') {
    return [...lines, checkRewriting(receipt)]
  }
  const inference = readInferenceAnswer(response)
  if (inference !== undefined) {
    return [
      ...lines,
      checkInferenceAnswer(receipt.work, inference),
      checkStream(receipt, response),
      checkInferenceRequest(receipt.work, inference, request),
    ]
  }
  return [
    ...lines,
    checkAnswerInResponse(receipt.work, response),
    checkStream(receipt, response),
    checkRewriting(receipt),
  ]
}

const sha256 = (bytes: Uint8Array): Bytes32 => bytes32(hexOf(sha256Hex(bytes)))

function checkResponse(
  { work, responseHash }: Receipt,
  response: Uint8Array | undefined,
): CheckLine {
  const check = 'response'
  if (response === undefined) return unknown(check, 'the response was not given: add --response')
  if (responseHash === zeroBytes32) {
    return fails(check, 'the receipt covers no response: its gateway lost sight of the answer')
  }
  const line = compareSha256(check, response, responseHash)
  if (line.verdict === 'holds' || endsWithDone.has(work.status)) return line
  return fails(
    check,
    `${line.detail}; of an answer that broke off the receipt covers what was sent until then, ` +
      'without a closing error event',
  )
}

/** Answers that were closed as usual, so that the receipt covers their very last byte. */
const endsWithDone: ReadonlySet<WorkStatus> = new Set([
  workStatus.complete,
  workStatus.truncatedByBudget,
])

function compareSha256(check: CheckName, bytes: Uint8Array, expected: Bytes32): CheckLine {
  if (sha256(bytes) === expected) {
    return holds(check, `these ${bytes.length} bytes give the ${check}Hash`)
  }
  const near = nameNearMiss(bytes, (candidate) => sha256(candidate) === expected)
  return fails(check, near ?? `these ${bytes.length} bytes give another hash`)
}

/**
 * That `contentHash` is of the answer in the response: else a gateway could pair one answer's text
 * with another's bytes.
 */
function checkAnswerInResponse(work: Work, response: Uint8Array): CheckLine {
  const check = 'answer-in-response'
  const choices = readAnswer(response)
  if (choices === undefined || isNoEvents(response)) return checkDelivered(work, response)
  if (possibleHashes(choices).includes(work.contentHash)) {
    return holds(check, 'the answer in the response gives the contentHash')
  }
  if (choices.some(areTranslatedCalls)) {
    return unknown(check, 'the calls in the response were translated; the contentHash is of others')
  }
  if (work.contentHash === textHash(new Uint8Array()) && choices.some(isTranslatedText)) {
    return unknown(check, 'the text in the response may be a refusal, which contentHash leaves out')
  }
  return fails(check, 'the answer in the response gives another hash than the contentHash')
}

/** Neither JSON nor server-sent events. Of a stream that broke off there may be nothing at all. */
const isNoEvents = (response: Uint8Array): boolean =>
  response.length > 0 && !/^(\{|:|data:|event:)/.test(utf8Text(response.subarray(0, 6)))

/** What is no completion: vectors, verdicts, images and transcripts in JSON, or the bytes themselves. */
function checkDelivered(work: Work, response: Uint8Array): CheckLine {
  const check = 'answer-in-response'
  const [first, ...rest] = readDelivered(response) ?? [response]
  if (answerHash([textHash(first), ...rest.map(textHash)]) === work.contentHash) {
    return holds(check, 'what the response delivers gives the contentHash')
  }
  return first === response
    ? unknown(check, 'the response is no answer that this verifier can read')
    : fails(check, 'what the response delivers gives another hash than the contentHash')
}

const areTranslatedCalls = ({ text, toolCalls, isTranslated }: AnsweredChoice): boolean =>
  isTranslated === true && text === '' && toolCalls.length > 0

/** An API without a place of its own for a refusal has it in the text. */
const isTranslatedText = ({ text, isTranslated }: AnsweredChoice): boolean =>
  isTranslated === true && text !== ''

/**
 * A choice that never said a word leaves no trace in a stream that broke off, so more of them may
 * have been asked for.
 */
function possibleHashes(choices: readonly AnsweredChoice[]): readonly Bytes32[] {
  const hashes = choices.map(({ text, toolCalls }) =>
    text === '' && toolCalls.length > 0 ? toolCallsHash(toolCalls) : textHash(utf8Bytes(text)),
  )
  const silent = textHash(new Uint8Array())
  const possible: Bytes32[] = []
  const countMax = Math.max(choicesMax, hashes.length)
  for (let count = Math.max(1, hashes.length); count <= countMax; count += 1) {
    const [first = silent, ...rest] = hashes
    const padding = Array.from({ length: count - 1 - rest.length }, () => silent)
    possible.push(answerHash([first, ...rest, ...padding]))
  }
  return possible
}

/**
 * The contributor's chain over the events of its stream, where the client got exactly the
 * contributor's bytes.
 */
function checkStream({ work, responseHash }: Receipt, response: Uint8Array): CheckLine {
  const check = 'stream'
  const { jobId, inputHash, outputHash, streamRoot } = work
  if (outputHash !== responseHash) {
    return unknown(check, "the contributor's own bytes are not at hand: the gateway changed them")
  }
  const unary = isUnary(response)
  if (streamRoot === zeroBytes32) {
    return unary
      ? holds(check, 'an answer in one piece, which has no chain')
      : fails(check, 'the answer was streamed, but no chain covers its events')
  }
  if (unary) return fails(check, 'a chain of events for an answer in one piece')
  const events = splitEvents(response)
  return linksOf({ jobId, inputHash }, events).at(-1) === streamRoot
    ? holds(check, `the chain over its ${events.length} events ends in the streamRoot`)
    : fails(check, `the chain over its ${events.length} events ends elsewhere`)
}

/** Every link of the chain: that of no event first, and last that of all. */
export function linksOf(
  start: { readonly jobId: Bytes32; readonly inputHash: Bytes32 },
  events: readonly Uint8Array[],
): readonly Bytes32[] {
  const seed = [utf8Bytes('vouch-stream/1'), fromHex(start.jobId), fromHex(start.inputHash)]
  let link = sha256Bytes(joinBytes(seed))
  const links = [link]
  for (const event of events) {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, event.length)
    link = sha256Bytes(joinBytes([link, length, event]))
    links.push(link)
  }
  return links.map((one) => bytes32(toHex(one)))
}

function checkRewriting({ work, requestHash, responseHash }: Receipt): CheckLine {
  const { inputHash, outputHash } = work
  if ([requestHash, inputHash, outputHash, responseHash].includes(zeroBytes32)) {
    return unknown('rewriting', 'the receipt does not cover all four bodies: the answer was lost')
  }
  const changed = [
    inputHash === requestHash ? [] : ['request'],
    outputHash === responseHash ? [] : ['answer'],
  ].flat()
  if (changed.length === 0) {
    return holds('rewriting', 'the gateway passed request and answer on byte for byte')
  }
  return unknown(
    'rewriting',
    `the gateway changed the ${changed.join(' and the ')} on the way (a model name, usage, ` +
      'framing); what it changed is not in the receipt',
  )
}
