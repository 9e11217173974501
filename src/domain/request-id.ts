/*
 * The names of one request. A receipt's id begins with the digits of its request's, so that a ledger that finds receipts
 * finds requests, without an index of their own.
 */
import { type Bytes32, bytes32 } from './units.ts'

const prefix = 'req_'
const digits = 24
const pattern = /^req_[0-9a-f]{24}$/
const attemptPattern = /^req_([0-9a-f]{24})(?:-[2-9])?$/
/** vLLM and its like put the whole name that they are asked under behind a prefix of their own. */
const answerPattern = /^(?:chatcmpl-|cmpl-|embd-|resp_|msg_)(?:req_)?([0-9a-f]{24})(?:-[2-9])?$/
/** What a store keeps beside a receipt and a path can carry. */
const keptAnswerPattern = /^[\x21-\x7e]{1,256}$/

/** `req_` and 24 hex digits. */
export const isRequestId = (text: string): boolean => pattern.test(text)

/** The request that a receipt is of. */
export const requestIdOf = (receiptId: Bytes32): string => prefix + receiptId.slice(2, 2 + digits)

/** The lowest and the highest receipt id that a request may have. */
export function receiptIdsOf(requestId: string): {
  readonly first: Bytes32
  readonly last: Bytes32
} {
  const begin = `0x${requestId.slice(prefix.length)}`
  return { first: bytes32(begin.padEnd(66, '0')), last: bytes32(begin.padEnd(66, 'f')) }
}

/**
 * What whoever is asked is told that the request is called. `ordinal` counts the attempts from 1: engines refuse a name while
 * they are still at work under it.
 */
export const attemptNameOf = (requestId: string, ordinal: number): string =>
  ordinal === 1 ? requestId : `${requestId}-${ordinal}`

/** Undefined of whatever is no name of an attempt. */
export const attemptName = (text: unknown): string | undefined =>
  typeof text === 'string' && attemptPattern.test(text) ? text : undefined

/** Of such a name the part that all ids of the answer share. */
export const answerDigitsOf = (name: unknown): string | undefined =>
  typeof name === 'string' ? attemptPattern.exec(name)?.[1] : undefined

/** The request that an answer's id follows from; undefined of an id that an engine made up. */
export function requestIdOfAnswer(answerId: string): string | undefined {
  const found = answerPattern.exec(answerId)?.[1]
  return found === undefined ? undefined : prefix + found
}

/**
 * The id that must be kept for a receipt to be found by it; undefined where it follows from the request's, and of what is no
 * id in any sense. `answerId` is the contributor's word: any JSON.
 */
export const answerIdToKeep = (requestId: string, answerId: unknown): string | undefined =>
  isAnswerId(answerId) && requestIdOfAnswer(answerId) !== requestId ? answerId : undefined

export const isAnswerId = (answerId: unknown): answerId is string =>
  typeof answerId === 'string' && keptAnswerPattern.test(answerId)
