/*
 * Bits, and whatever else has two values: which of them make a linear form 0. The subset sum has one answer, found greedily,
 * where each weight is more than all smaller ones together, as powers of two are.
 */
import type { OpenForms } from './open-forms.ts'
import { inverse, reduce } from './prime-field.ts'

/** Values of wires, where they are known. */
export type Assignment = readonly (readonly [wire: number, value: bigint])[]

export type Pairs = ReadonlyMap<number, readonly [bigint, bigint]>

/** A constraint as `known + Σ coefficient · wire − [one of two values] = 0`. */
type Line = {
  readonly known: bigint
  readonly unknown: ReadonlyMap<number, bigint>
  readonly either: readonly [bigint, bigint] | undefined
}

/** More spellings than this are not listed: a form of 254 bits has two at most. */
const spellingsMax = 4

/**
 * All values of the unknown wires of a constraint, each of which is one of its pair; an empty list where none satisfies it.
 * Undefined where it is not of this kind: then nothing was said.
 */
export function spellPairs(
  forms: OpenForms,
  pairs: Pairs,
  prime: bigint,
): readonly Assignment[] | undefined {
  const line = asLine(forms, prime)
  return line === undefined ? undefined : spellLine(line, pairs, prime)
}

function asLine({ a, b, c }: OpenForms, prime: bigint): Line | undefined {
  if (b.unknown.size === 0 || a.unknown.size === 0) {
    const [factor, form] = b.unknown.size === 0 ? [b.known, a] : [a.known, b]
    const unknown = new Map([...form.unknown].map(([wire, one]) => [wire, one * factor] as const))
    for (const [wire, one] of c.unknown) unknown.set(wire, (unknown.get(wire) ?? 0n) - one)
    return { known: reduce(a.known * b.known - c.known, prime), unknown, either: undefined }
  }
  const factor = factorBetween(a.unknown, b.unknown, prime)
  if (factor === undefined || c.unknown.size > 0 || c.known !== 0n) return undefined
  // (L + a)(factor · L + b) = 0, so that L is −a or −b / factor.
  const roots = [reduce(-a.known, prime), reduce(-b.known * inverse(factor, prime), prime)] as const
  return { known: 0n, unknown: a.unknown, either: roots }
}

/** `other` = factor · `one`, if it is so. */
function factorBetween(
  one: ReadonlyMap<number, bigint>,
  other: ReadonlyMap<number, bigint>,
  prime: bigint,
): bigint | undefined {
  const [first] = one
  if (first === undefined || one.size !== other.size) return undefined
  const factor = reduce((other.get(first[0]) ?? 0n) * inverse(first[1], prime), prime)
  const isSo = [...one].every(
    ([wire, coefficient]) => reduce(coefficient * factor - (other.get(wire) ?? 0n), prime) === 0n,
  )
  return isSo && factor !== 0n ? factor : undefined
}

/** `low` where the weight is not taken, `high` where it is. `wire` is undefined for the value that a whole form has. */
type Weight = {
  readonly wire: number | undefined
  readonly low: bigint
  readonly high: bigint
  readonly weight: bigint
}

function spellLine(
  { known, unknown, either }: Line,
  pairs: Pairs,
  prime: bigint,
): readonly Assignment[] | undefined {
  let sum = known
  const weights: Weight[] = []
  const add = (
    coefficient: bigint,
    [one, other]: readonly [bigint, bigint],
    wire: number | undefined,
  ): void => {
    const step = reduce(coefficient * (other - one), prime)
    const isUp = step * 2n < prime
    const [low, high] = isUp ? [one, other] : [other, one]
    sum += coefficient * low
    if (step !== 0n) weights.push({ wire, low, high, weight: isUp ? step : prime - step })
  }
  for (const [wire, coefficient] of unknown) {
    if (reduce(coefficient, prime) === 0n) continue
    const pair = pairs.get(wire)
    if (pair === undefined) return undefined
    add(coefficient, pair, wire)
  }
  if (either !== undefined) add(-1n, either, undefined)
  return spellSum(weights, { target: reduce(-sum, prime), prime })
}

function spellSum(
  weights: readonly Weight[],
  { target, prime }: { readonly target: bigint; readonly prime: bigint },
): readonly Assignment[] | undefined {
  const falling = [...weights].sort((a, b) => (a.weight > b.weight ? -1 : 1))
  let below = 0n
  for (const { weight } of falling.toReversed()) {
    if (weight <= below) return undefined
    below += weight
  }
  if ((below - target) / prime >= BigInt(spellingsMax)) return undefined
  const spellings: Assignment[] = []
  for (let sum = target; sum <= below; sum += prime) {
    const spelling = spellGreedily(falling, sum)
    if (spelling !== undefined) spellings.push(spelling)
  }
  return spellings
}

function spellGreedily(falling: readonly Weight[], sum: bigint): Assignment | undefined {
  let left = sum
  const spelling: [number, bigint][] = []
  for (const { wire, low, high, weight } of falling) {
    const isTaken = weight <= left
    if (isTaken) left -= weight
    if (wire !== undefined) spelling.push([wire, isTaken ? high : low])
  }
  return left === 0n ? spelling : undefined
}
