/*
 * What `POST /v1/inference/{model}` was asked and answered, in JSON, against the integers that the contributor got and signed. A
 * receipt's hashes are of the integers' wire form; how numbers become integers is the gateway's own doing, so that it is
 * computed again: by a power of two, the same for each tensor (docs/inference.md).
 */
import { utf8Text } from '../base/bytes.ts'
import { hexOf } from '../base/hex.ts'
import { sha256Hex } from '../base/sha256.ts'
import { encodeTensor, int32Max, int32Min } from '../base/wire-tensor.ts'
import { keccak256 } from '../chain/keccak.ts'
import type { Work } from '../domain/receipt.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'

export type InferenceAnswer = {
  /** Numbers as lists of any depth; of several tensors an object with each by its name, in the model's order. */
  readonly output: unknown
  readonly integers: { readonly input: Int32Array; readonly output: Int32Array }
}

/** Undefined for any other body. */
export function readInferenceAnswer(body: Uint8Array): InferenceAnswer | undefined {
  const json = parse(body)
  if (json['object'] !== 'vouch.inference') return undefined
  const { input, output } = Object(json['integers']) as { input?: unknown; output?: unknown }
  const integers = { input: integersOf(input), output: integersOf(output) }
  if (integers.input === undefined || integers.output === undefined) return undefined
  return { output: json['output'], integers: { input: integers.input, output: integers.output } }
}

type Fields = Readonly<Record<string, unknown>>

function parse(body: Uint8Array): Fields {
  try {
    return Object(JSON.parse(utf8Text(body))) as Fields
  } catch {
    return {}
  }
}

const isInteger = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= int32Min && Number(value) <= int32Max

const integersOf = (value: unknown): Int32Array | undefined =>
  Array.isArray(value) && value.every(isInteger) ? Int32Array.from(value) : undefined

export function checkInferenceAnswer(work: Work, { output, integers }: InferenceAnswer): CheckLine {
  const check = 'answer-in-response'
  if (keccak256(encodeTensor(integers.output)) !== work.contentHash) {
    return fails(check, 'the integers in the response give another hash than the contentHash')
  }
  const scales = scalesOf(output, integers.output, (number, scale) => number * scale)
  return scales === undefined
    ? fails(check, 'the numbers in the response are not its integers by a power of two')
    : holds(
        check,
        `the integers in the response give the contentHash; its numbers are these by ${powers(scales)}`,
      )
}

/** That what the contributor was asked is what the request asks. */
export function checkInferenceRequest(
  work: Work,
  { integers }: InferenceAnswer,
  request: Uint8Array | undefined,
): CheckLine {
  const check = 'rewriting'
  if (hexOf(sha256Hex(encodeTensor(integers.input))) !== work.inputHash) {
    return fails(
      check,
      'the integers that went in, as the response says, give another hash than the inputHash',
    )
  }
  if (request === undefined) return unknown(check, 'the request was not given: add --request')
  const { input, input_integers: given } = parse(request) as Fields & { input_integers?: unknown }
  if (given !== undefined) {
    return sameIntegers(integersOf(given), integers.input)
      ? holds(check, 'the contributor was asked with the integers of the request')
      : fails(check, 'the contributor was asked with other integers than those of the request')
  }
  if (!Array.isArray(input) && typeof input === 'object') {
    return unknown(check, 'which of several inputs comes first, only the model says')
  }
  // Halves go up, as the gateway says that it rounds.
  const scales = scalesOf(input, integers.input, (number, scale) => Math.round(number * scale))
  return scales === undefined
    ? fails(check, 'the contributor was asked with other numbers than those of the request')
    : holds(check, `the contributor was asked with the request's numbers by ${powers(scales, '')}`)
}

const sameIntegers = (a: Int32Array | undefined, b: Int32Array): boolean =>
  a?.length === b.length && a.every((value, at) => value === b[at])

const scaleBitsMax = 31

/** The power of two by which each tensor's numbers give its integers; undefined where none does. */
function scalesOf(
  numbers: unknown,
  integers: Int32Array,
  integerOf: (number: number, scale: number) => number,
): readonly number[] | undefined {
  const isSingle = Array.isArray(numbers) || typeof numbers !== 'object' || numbers === null
  const tensors = isSingle ? [numbers] : Object.values(numbers)
  let at = 0
  const scales: number[] = []
  for (const tensor of tensors) {
    const flat = [tensor].flat(Number.POSITIVE_INFINITY)
    if (!flat.every((value) => typeof value === 'number')) return undefined
    const own = integers.subarray(at, at + flat.length)
    const bits = Array.from({ length: scaleBitsMax + 1 }, (_, bit) => bit).find(
      (bit) =>
        own.length === flat.length &&
        own.every((integer, index) => integerOf(flat[index] ?? Number.NaN, 2 ** bit) === integer),
    )
    if (bits === undefined) return undefined
    scales.push(bits)
    at += flat.length
  }
  return at === integers.length ? scales : undefined
}

const powers = (scales: readonly number[], sign = '−'): string =>
  [...new Set(scales)].map((bits) => `2^${bits === 0 ? '' : sign}${bits}`).join(', ')
