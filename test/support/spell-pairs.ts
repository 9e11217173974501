/*
 * Bits, and whatever else has two values: which of them satisfy a linear equation, perhaps one into which others were put, as
 * the quotient and the rest of a division are each spelled in bits by an equation of its own. A sum of bits is met by few choices
 * where its weights grow about as powers of two do; all of them are listed, or nothing is said.
 */
import type { OpenForms } from './open-forms.ts'
import { inverse, reduce } from './prime-field.ts'

/** Values of wires, where they are known. */
export type Assignment = readonly (readonly [wire: number, value: bigint])[]

export type Pairs = ReadonlyMap<number, readonly [bigint, bigint]>

type PairTerm = {
  /** Undefined for a whole form that has one of two values: a bit that the compiler substituted away. */
  readonly wire: number | undefined
  readonly coefficient: bigint
  readonly pair: readonly [bigint, bigint]
}

/** Σ coefficient · one of a pair + Σ coefficient · unbound wire = target. */
export type Line = {
  readonly terms: readonly PairTerm[]
  /** Wires of any value. */
  readonly unbound: ReadonlyMap<number, bigint>
  readonly target: bigint
}

/** A line with more unbound wires than these is left alone. */
export const unboundMax = 2

/** Of more choices than these nothing is said: a form of 254 bits has two, a quotient two. */
const choicesMax = 4
/** Of all places at which both values of a bit could still do. */
const forksMax = 4096

/** A constraint as a line; undefined where it is none. */
export function lineOf({ a, b, c }: OpenForms, pairs: Pairs, prime: bigint): Line | undefined {
  if (b.unknown.size === 0 || a.unknown.size === 0) {
    const [factor, form] = b.unknown.size === 0 ? [b.known, a] : [a.known, b]
    const unknown = new Map([...form.unknown].map(([wire, one]) => [wire, one * factor] as const))
    for (const [wire, one] of c.unknown) unknown.set(wire, (unknown.get(wire) ?? 0n) - one)
    return withPairs({ unknown, target: c.known - a.known * b.known, terms: [] }, pairs, prime)
  }
  const factor = factorBetween(a.unknown, b.unknown, prime)
  if (factor === undefined || c.unknown.size > 0 || c.known !== 0n) return undefined
  // (L + a)(factor · L + b) = 0, so that L is −a or −b / factor.
  const pair = [reduce(-a.known, prime), reduce(-b.known * inverse(factor, prime), prime)] as const
  const whole = { wire: undefined, coefficient: -1n, pair }
  return withPairs({ unknown: a.unknown, target: 0n, terms: [whole] }, pairs, prime)
}

function withPairs(
  line: Pick<Line, 'terms' | 'target'> & { readonly unknown: ReadonlyMap<number, bigint> },
  pairs: Pairs,
  prime: bigint,
): Line {
  const terms: PairTerm[] = []
  const unbound = new Map<number, bigint>()
  for (const [wire, one] of line.unknown) {
    const coefficient = reduce(one, prime)
    if (coefficient === 0n) continue
    const pair = pairs.get(wire)
    if (pair === undefined) unbound.set(wire, coefficient)
    else terms.push({ wire, coefficient, pair })
  }
  return { terms: [...terms, ...line.terms], unbound, target: line.target }
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

/** `line` with `definition`, a line of this wire and bits alone, in the place of the wire. */
export function substituted(line: Line, wire: number, definition: Line, prime: bigint): Line {
  const [mine, theirs] = [definition.unbound.get(wire) ?? 0n, -(line.unbound.get(wire) ?? 0n)]
  const unbound = [...line.unbound].filter(([one]) => one !== wire)
  return {
    terms: [...scaled(line, mine).terms, ...scaled(definition, theirs).terms],
    unbound: new Map(unbound.map(([one, its]) => [one, reduce(its * mine, prime)] as const)),
    target: line.target * mine + definition.target * theirs,
  }
}

/**
 * Every choice that satisfies a line without an unbound wire; an empty list where none does. Undefined where nothing can be
 * said.
 */
export function spellLine(line: Line, prime: bigint): readonly Assignment[] | undefined {
  // The compiler divides a line by the coefficient of the wire that it put elsewhere: one of the weights undoes it.
  const steps = line.terms.map(({ coefficient, pair }) => coefficient * (pair[1] - pair[0]))
  for (const step of [1n, ...steps.slice(0, scalesMax), ...steps.slice(-scalesMax)]) {
    if (reduce(step, prime) === 0n) continue
    const choices = spellSum(scaled(line, inverse(step, prime)), prime)
    if (choices !== undefined) return choices
  }
  return undefined
}

/** The lowest bit stands at one end of a line, or one that is as good. */
const scalesMax = 8

const scaled = (line: Line, factor: bigint): Line => ({
  terms: line.terms.map((term) => ({ ...term, coefficient: term.coefficient * factor })),
  unbound: new Map(),
  target: line.target * factor,
})

/** `low` where the weight is not taken, `high` where it is. */
type Weight = {
  readonly wire: number | undefined
  readonly low: bigint
  readonly high: bigint
  readonly weight: bigint
  /** All weights from this one on, which is the largest of them. */
  readonly rest: bigint
}

function spellSum({ terms, target }: Line, prime: bigint): readonly Assignment[] | undefined {
  let left = target
  const rising: Omit<Weight, 'rest'>[] = []
  for (const { wire, coefficient, pair } of terms) {
    const [one, other] = pair
    const step = reduce(coefficient * (other - one), prime)
    const isUp = step * 2n < prime
    const [low, high] = isUp ? [one, other] : [other, one]
    left -= coefficient * low
    if (step !== 0n) rising.push({ wire, low, high, weight: isUp ? step : prime - step })
  }
  let sum = 0n
  const weights: Weight[] = []
  for (const one of rising.toSorted((a, b) => (a.weight < b.weight ? -1 : 1))) {
    sum += one.weight
    weights.unshift({ ...one, rest: sum })
  }
  const least = reduce(left, prime)
  if (sum >= least && (sum - least) / prime >= BigInt(choicesMax)) return undefined
  const search = new Search(weights)
  for (let whole = least; whole <= sum; whole += prime) search.take(0, whole)
  return search.isTooLong ? undefined : search.choices
}

class Search {
  readonly choices: Assignment[] = []
  readonly #weights: readonly Weight[]
  readonly #chosen: bigint[] = []
  #forks = 0

  constructor(weights: readonly Weight[]) {
    this.#weights = weights
  }

  get isTooLong(): boolean {
    return this.#forks > forksMax || this.choices.length > choicesMax
  }

  /** All ways to make `left` of the weights from `at` on. */
  take(at: number, left: bigint): void {
    const weight = this.#weights[at]
    if (weight === undefined) {
      if (left === 0n) this.choices.push(this.#assignment())
      return
    }
    const mayStay = left <= weight.rest - weight.weight
    const mayGo = left >= weight.weight
    if (mayStay && mayGo) this.#forks++
    if (this.isTooLong) return
    if (mayGo) {
      this.#chosen[at] = weight.high
      this.take(at + 1, left - weight.weight)
    }
    if (mayStay) {
      this.#chosen[at] = weight.low
      this.take(at + 1, left)
    }
  }

  #assignment(): Assignment {
    return this.#weights.flatMap(({ wire }, at) =>
      wire === undefined ? [] : [[wire, this.#chosen[at] ?? 0n] as const],
    )
  }
}
