/*
 * The terms of a contract's job as the chain has them: eleven static members, so `abi.encode(JobTerms)` is their words in a row,
 * and its hash is all of them that the coordinator stores.
 */
import type { Hex } from '../base/hex.ts'
import type { JobTerms } from '../domain/contract-job.ts'
import { address, type Bytes32, bytes32, isHex } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import { addressWord, hashWord, uintWord } from './typed-data.ts'

/** Bits of each numeric member: a larger number is no job's. */
const bitsOf = {
  minTiers: 16,
  promptAtomicPerMtok: 128,
  completionAtomicPerMtok: 128,
  maxFee: 96,
  deliveryFee: 96,
  deliveryTime: 32,
  callbackGas: 32,
  agreement: 8,
  answersMax: 8,
} as const satisfies Partial<Record<keyof JobTerms, number>>

const numericMembers = Object.keys(bitsOf) as readonly (keyof typeof bitsOf)[]
const wordDigits = 64
const termsDigits = (2 + numericMembers.length) * wordDigits

const termsWords = (terms: JobTerms): string =>
  hashWord(terms.modelId) +
  addressWord(terms.gateway) +
  numericMembers.map((member) => uintWord(terms[member], bitsOf[member])).join('')

/** `abi.encode(JobTerms)`. */
export const encodeJobTerms = (terms: JobTerms): Hex => `0x${termsWords(terms)}`

/** What the coordinator stores of a job's terms. */
export const hashJobTerms = (terms: JobTerms): Bytes32 => keccak256Hex(termsWords(terms))

/** Undefined for whatever `encodeJobTerms` would not write. */
export function decodeJobTerms(encoded: string): JobTerms | undefined {
  const digits = encoded.slice(2).toLowerCase()
  if (!isHex(encoded) || digits.length !== termsDigits) return undefined
  const word = (index: number) => digits.slice(index * wordDigits, (index + 1) * wordDigits)
  if (!word(1).startsWith('0'.repeat(24))) return undefined
  const numbers = numericMembers.map((member, index) => ({
    member,
    value: BigInt(`0x${word(index + 2)}`),
  }))
  if (numbers.some(({ member, value }) => value >> BigInt(bitsOf[member]) !== 0n)) return undefined
  return jobTermsOf({
    modelId: `0x${word(0)}`,
    gateway: `0x${word(1).slice(24)}`,
    ...Object.fromEntries(numbers.map(({ member, value }) => [member, value])),
  })
}

/** From a decoded tuple: of an event, or of a call's input. */
export function jobTermsOf(tuple: unknown): JobTerms {
  const terms = Object(tuple) as Record<keyof JobTerms, unknown>
  return {
    modelId: bytes32(String(terms.modelId)),
    gateway: address(String(terms.gateway)),
    minTiers: Number(terms.minTiers),
    promptAtomicPerMtok: BigInt(String(terms.promptAtomicPerMtok)),
    completionAtomicPerMtok: BigInt(String(terms.completionAtomicPerMtok)),
    maxFee: BigInt(String(terms.maxFee)),
    deliveryFee: BigInt(String(terms.deliveryFee)),
    deliveryTime: Number(terms.deliveryTime),
    callbackGas: Number(terms.callbackGas),
    agreement: Number(terms.agreement),
    answersMax: Number(terms.answersMax),
  }
}
