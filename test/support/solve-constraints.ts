/*
 * What a constraint system lets some of its wires be, given others. Sound and not complete: what it says is determined has
 * one value in every witness with those others, and a contradiction is one; what it leaves open may have one value or more.
 *
 * Rules, until none of them says more:
 *   one unknown    αx² + βx + γ = 0 where β alone is not 0: its value; where it factors: one of two values
 *   bits           Σ eᵢsᵢ = T modulo the prime with each sᵢ one of two values: the choices that satisfy it, where they are few
 *   several lines  the same, after unknowns that are sums of bits were put into each other: a quotient and its rest
 *   L · (λL + μ)   one of two values for the linear form L: a bit that the compiler substituted away
 *   cases          of several choices, or of two values, all but one lead to a contradiction
 */
import { assert } from '../../src/base/assert.ts'
import type { Constraint, ConstraintSystem } from './circom-files.ts'
import { type OpenForms, openForms } from './open-forms.ts'
import { inverse, reduce } from './prime-field.ts'
import {
  type Assignment,
  type Line,
  lineOf,
  spellLine,
  substituted,
  unboundMax,
} from './spell-pairs.ts'

export type Solved = {
  /** The number of a constraint that cannot hold, −1 for several together. Then the values below mean nothing. */
  readonly contradiction: number | undefined
  readonly values: readonly (bigint | undefined)[]
}

/** What follows from the constant 1 and `given`. One that contradicts it at once is found, too. */
export function solveConstraints(system: ConstraintSystem, given: Assignment): Solved {
  const solver = new Solver(indexed(system))
  solver.assign(0, 1n)
  for (const [wire, value] of given) solver.assign(wire, value)
  solver.run()
  return { contradiction: solver.contradiction, values: solver.values }
}

/** A contradiction between constraints that each could hold. */
const noConstraint = -1

/** Alternatives of which one holds. */
type Alternatives = readonly Assignment[]

type IndexedSystem = {
  readonly prime: bigint
  readonly wireCount: number
  readonly constraints: readonly Constraint[]
  /** Which constraints a wire stands in. */
  readonly constraintsOf: readonly (readonly number[])[]
  readonly unknownCounts: Int32Array
}

const systems = new WeakMap<ConstraintSystem, IndexedSystem>()

function indexed(system: ConstraintSystem): IndexedSystem {
  const known = systems.get(system)
  if (known !== undefined) return known
  const { constraints, prime, wireCount } = system
  const constraintsOf: number[][] = Array.from({ length: wireCount }, () => [])
  const unknownCounts = new Int32Array(constraints.length)
  constraints.forEach(({ a, b, c }, at) => {
    const wires = new Set([...a.wires, ...b.wires, ...c.wires])
    unknownCounts[at] = wires.size
    for (const wire of wires) constraintsOf[wire]?.push(at)
  })
  const index = { prime, wireCount, constraints, constraintsOf, unknownCounts }
  systems.set(system, index)
  return index
}

class Solver {
  readonly values: (bigint | undefined)[]
  contradiction: number | undefined
  readonly #system: IndexedSystem
  readonly unknownCounts: Int32Array
  /** Wires that have one of two values. */
  readonly pairs: Map<number, readonly [bigint, bigint]>
  readonly #queue: number[] = []

  constructor(system: IndexedSystem, from?: Solver) {
    this.#system = system
    this.values = from?.values.slice() ?? new Array(system.wireCount).fill(undefined)
    this.unknownCounts = (from ?? system).unknownCounts.slice()
    this.pairs = new Map(from?.pairs)
    if (from !== undefined) return
    system.unknownCounts.forEach((count, at) => {
      if (count <= 1) this.#queue.push(at)
    })
  }

  assign(wire: number, value: bigint): void {
    const known = this.values[wire]
    if (known !== undefined) {
      assert(known === value, 'a wire is assigned once')
      return
    }
    this.values[wire] = value
    for (const at of this.#system.constraintsOf[wire] ?? []) {
      const left = (this.unknownCounts[at] ?? 0) - 1
      this.unknownCounts[at] = left
      if (left <= 1) this.#queue.push(at)
    }
  }

  /** Until nothing more follows, cases included. */
  run(): void {
    let cases = this.#propagate()
    while (this.contradiction === undefined && this.#decideOne(cases)) cases = this.#propagate()
  }

  /** The rules without cases. Returns the alternatives of a last round in which none of them said more. */
  #propagate(): readonly Alternatives[] {
    let cases: readonly Alternatives[] | undefined
    while (cases === undefined) {
      this.#emptyQueue()
      cases = this.contradiction === undefined ? this.#spellEach() : []
    }
    return cases
  }

  /** Every constraint of bits once. Undefined where one was decided: others may be now. */
  #spellEach(): readonly Alternatives[] | undefined {
    const cases: Alternatives[] = []
    let isFurther = false
    for (const line of this.#lines()) {
      const alternatives = spellLine(line, this.#system.prime)
      if (alternatives === undefined) continue
      const [only, second] = alternatives
      if (second !== undefined) cases.push(alternatives)
      else if (only === undefined) {
        this.contradiction = noConstraint
        return []
      } else if (this.#assignAll(only)) isFurther = true
    }
    return isFurther ? undefined : cases
  }

  /** Equations with nothing but bits in them, some after others were put into them. */
  #lines(): readonly Line[] {
    const whole: Line[] = []
    const definitions = new Map<number, Line>()
    let left: readonly Line[] = [...this.unknownCounts.keys()].flatMap((at) => this.#lineAt(at))
    for (let known = -1; known < definitions.size; ) {
      known = definitions.size
      left = left.flatMap((line) => {
        const put = this.#withDefinitions(line, definitions)
        const [wire, second] = put.unbound.keys()
        if (second !== undefined) return [line]
        if (wire === undefined) whole.push(put)
        else definitions.set(wire, put)
        return []
      })
    }
    return whole
  }

  #withDefinitions(line: Line, definitions: ReadonlyMap<number, Line>): Line {
    let put = line
    for (const wire of line.unbound.keys()) {
      const definition = definitions.get(wire)
      if (definition !== undefined) {
        put = substituted(put, wire, definition, this.#system.prime)
      }
    }
    return put
  }

  #emptyQueue(): void {
    for (let at = this.#queue.pop(); at !== undefined; at = this.#queue.pop()) {
      if (!this.#lookAtOne(at)) {
        this.contradiction = at
        return
      }
    }
  }

  /** Whether something new was said. Two lines of one round may say different things of a wire: then none of it can hold. */
  #assignAll(assignment: Assignment): boolean {
    let isNew = false
    for (const [wire, value] of assignment) {
      const known = this.values[wire]
      if (known === undefined) {
        this.assign(wire, value)
        isNew = true
      } else if (known !== value) {
        this.contradiction = noConstraint
        return true
      }
    }
    return isNew
  }

  /** True where one of the cases, and then of the pairs, was decided. */
  #decideOne(cases: readonly Alternatives[]): boolean {
    const pairs = [...this.pairs]
      .filter(([wire]) => this.values[wire] === undefined)
      .map(([wire, pair]) => pair.map((value) => [[wire, value] as const]))
    for (const alternatives of [...cases, ...pairs]) {
      const [only, second] = alternatives.filter((one) => this.#mayHold(one))
      if (second !== undefined) continue
      if (only === undefined) {
        this.contradiction = noConstraint
        return true
      }
      if (this.#assignAll(only)) return true
    }
    return false
  }

  #mayHold(assignment: Assignment): boolean {
    const trial = new Solver(this.#system, this)
    trial.#assignAll(assignment)
    trial.#propagate()
    return trial.contradiction === undefined
  }

  /** False where the constraint cannot hold. */
  #lookAtOne(at: number): boolean {
    const { prime } = this.#system
    const { a, b, c } = this.#formsOf(at)
    const [wire] = [...a.unknown.keys(), ...b.unknown.keys(), ...c.unknown.keys()]
    if (wire === undefined) return reduce(a.known * b.known - c.known, prime) === 0n
    const alpha = a.unknown.get(wire) ?? 0n
    const beta = b.unknown.get(wire) ?? 0n
    const gamma = c.unknown.get(wire) ?? 0n
    const square = reduce(alpha * beta, prime)
    const linear = reduce(alpha * b.known + beta * a.known - gamma, prime)
    const constant = reduce(a.known * b.known - c.known, prime)
    if (square === 0n) {
      if (linear === 0n) return constant === 0n
      return this.#allow(wire, [reduce(-constant * inverse(linear, prime), prime)])
    }
    // Only what factors as it stands: a square root is not needed by any circuit of ours.
    if (c.known !== 0n || gamma !== 0n) return true
    return this.#allow(wire, [
      reduce(-a.known * inverse(alpha, prime), prime),
      reduce(-b.known * inverse(beta, prime), prime),
    ])
  }

  /** The wire is one of these. False where it cannot be. */
  #allow(wire: number, values: readonly bigint[]): boolean {
    const pair = this.pairs.get(wire)
    const [one, other] = [...new Set(values)].filter(
      (value) => pair === undefined || pair.includes(value),
    )
    if (one === undefined) return false
    if (other === undefined) this.assign(wire, one)
    else this.pairs.set(wire, [one, other])
    return true
  }

  /** None where a constraint is no line, is decided, or has too many unknowns of any value. */
  #lineAt(at: number): readonly Line[] {
    if ((this.unknownCounts[at] ?? 0) < 2) return []
    const { a, b, c } = this.#constraintAt(at)
    // Most constraints wait for wires that nothing is known of, and counting those is cheap.
    const open = new Set<number>()
    for (const { wires } of [a, b, c]) {
      for (const wire of wires) {
        if (this.values[wire] === undefined && !this.pairs.has(wire)) open.add(wire)
      }
      if (open.size > unboundMax) return []
    }
    const line = lineOf(this.#formsOf(at), this.pairs, this.#system.prime)
    return line === undefined ? [] : [line]
  }

  #constraintAt(at: number): Constraint {
    const constraint = this.#system.constraints[at]
    assert(constraint !== undefined, `the system has constraint ${at}`)
    return constraint
  }

  #formsOf(at: number): OpenForms {
    return openForms(this.#constraintAt(at), this.values, this.#system.prime)
  }
}
