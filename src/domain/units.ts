import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'

declare const unit: unique symbol
type Unit<T, Name extends string> = T & { readonly [unit]: Name }

/** Smallest indivisible unit of a channel's asset (6 decimals for USDC: 1_000_000n is one dollar). 0 … 2^128-1. */
export type AtomicAmount = Unit<bigint, 'AtomicAmount'>
/** Unix time in whole seconds, as contracts see it. */
export type UnixSeconds = Unit<number, 'UnixSeconds'>
export type Bytes32 = Unit<Hex, 'Bytes32'>
/** An account in lower case. Checksummed spellings are lowered where they enter, so that `===` compares accounts. */
export type Address = Unit<Hex, 'Address'>
/** A signature as it travels: `0x` for none, else whatever length the signer gave; chain/signatures.ts judges it. */
export type Signature = Unit<Hex, 'Signature'>

const amountMax = 2n ** 128n - 1n

export function atomic(value: bigint): AtomicAmount {
  assert(value >= 0n && value <= amountMax, 'an amount fits uint128')
  return value as AtomicAmount
}

export function unixSeconds(value: number): UnixSeconds {
  assert(Number.isSafeInteger(value) && value >= 0, 'a time is a whole number of seconds')
  return value as UnixSeconds
}

export const unixSecondsOf = (ms: number): UnixSeconds => unixSeconds(Math.floor(ms / 1000))

const bytes32Pattern = /^0x[0-9a-fA-F]{64}$/
const addressPattern = /^0x[0-9a-fA-F]{40}$/
/** Whole bytes are counted beside it: a group that repeats takes stack for each, and some texts have ten million. */
const hexPattern = /^0x[0-9a-fA-F]*$/

export const isBytes32 = (text: unknown): text is Hex =>
  typeof text === 'string' && bytes32Pattern.test(text)
export const isAddress = (text: unknown): text is Hex =>
  typeof text === 'string' && addressPattern.test(text)
export const isHex = (text: unknown): text is Hex =>
  typeof text === 'string' && text.length % 2 === 0 && hexPattern.test(text)

export function bytes32(hex: string): Bytes32 {
  assert(isBytes32(hex), 'a bytes32 is 64 hex digits')
  return hex.toLowerCase() as Bytes32
}

export function address(hex: string): Address {
  assert(isAddress(hex), 'an address is 40 hex digits')
  return hex.toLowerCase() as Address
}

export function signature(hex: string): Signature {
  assert(isHex(hex), 'a signature is whole bytes of hex')
  return hex.toLowerCase() as Signature
}

export const zeroBytes32: Bytes32 = bytes32(`0x${'0'.repeat(64)}`)
export const zeroAddress: Address = address(`0x${'0'.repeat(40)}`)
export const noSignature: Signature = signature('0x')
