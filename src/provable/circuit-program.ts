/*
 * A model as circuits take it: a list of wires, each an integer, made by steps of four kinds. Every layer of a graph comes down to
 * these (circuit-program-of.ts), so that a proof system needs four gadgets, and their soundness is argued four times and not once for
 * every operator:
 *
 *   linear    Σ weight · wire + bias, weights and biases being constants of the circuit
 *   product   wire · wire
 *   sign      1 where wire ≥ 0, else 0, of a wire of which |wire| < 2^bits (or wire = −2^bits) is known
 *   shift     ⌊wire / 2^shift⌋ of such a wire, and its sign when somebody asks for it, which then costs nothing
 *
 * The bits are of the interval analysis, which starts at the inputs' bounds. The circuit checks those bounds, so all of it holds for
 * whatever a prover writes into the wires.
 */

/** By its number: the inputs come first, then the wires of each step behind each other. */
export type Wire = number

/** Stands in a linear step's taps where nothing is read. */
export const noWire: Wire = -1

export type CircuitProgram = {
  readonly inputs: readonly InputWire[]
  readonly steps: readonly Step[]
  /** The output values, in their order; each is an int32. */
  readonly outputs: readonly Wire[]
  readonly wireCount: number
}

/** The bounds of an input value, within int32. */
export type InputWire = { readonly least: number; readonly greatest: number }

export type Step = LinearStep | ProductStep | SignStep | ShiftStep

type AnyStep = {
  /** Its first wire. */
  readonly first: Wire
  /** How many wires it makes. */
  readonly count: number
}

/** Wire e = rows[rowOf[e]].bias + Σ_t rows[rowOf[e]].weights[t] · taps[tapsOf[e]][t]. Rows and taps have one length in a step. */
export type LinearStep = AnyStep & {
  readonly kind: 'linear'
  readonly rows: readonly LinearRow[]
  readonly rowOf: readonly number[]
  readonly taps: readonly (readonly Wire[])[]
  readonly tapsOf: readonly number[]
}

export type LinearRow = { readonly weights: readonly number[]; readonly bias: number }

/** Wire e = a[e] · b[e]. */
export type ProductStep = AnyStep & {
  readonly kind: 'product'
  readonly a: readonly Wire[]
  readonly b: readonly Wire[]
}

/** Wire e = 1 where of[e] ≥ 0, else 0; −2^bits[e] ≤ of[e] < 2^bits[e]. */
export type SignStep = AnyStep & {
  readonly kind: 'sign'
  readonly of: readonly Wire[]
  readonly bits: readonly number[]
}

/**
 * Wire e = ⌊of[e] / 2^shift⌋, where of[e] < 2^bits[e] and of[e] ≥ −2^bits[e], or ≥ 0 when nothing of the step is negative. With
 * signs, wire n + e is the sign of of[e]. bits[e] > shift > 0.
 */
export type ShiftStep = AnyStep & {
  readonly kind: 'shift'
  readonly of: readonly Wire[]
  readonly bits: readonly number[]
  readonly shift: number
  readonly negatives: boolean
  /** Only with negatives. */
  readonly signs: boolean
}
