/*
 * The secrets of development setups, which are no secrets: they are computed here from a sentence, so that everybody can make
 * the same keys in seconds, and can forge whatever these keys verify. All that comes of them is marked `dev-insecure`.
 */
import { sha256Hex } from '../../base/sha256.ts'
import { scalarModulus } from '../../proofs/field.ts'

const secret = (name: string): bigint =>
  BigInt(`0x${sha256Hex(`vouch dev-insecure ${name}: everybody knows this number`)}`) %
  scalarModulus

export const devTau: bigint = secret('tau')
export const devAlpha: bigint = secret('alpha')
export const devBeta: bigint = secret('beta')
export const devDelta: bigint = secret('delta')

const modulo = (value: bigint): bigint => {
  const rest = value % scalarModulus
  return rest < 0n ? rest + scalarModulus : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = modulo(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % scalarModulus
    square = (square * square) % scalarModulus
  }
  return result
}

export const inverse = (value: bigint): bigint => power(value, scalarModulus - 2n)

/** `factor`·τ^first, `factor`·τ^(first+1), … */
export function tauPowers(terms: {
  readonly count: number
  readonly first?: number
  readonly factor?: bigint
}): readonly bigint[] {
  let next = (power(devTau, BigInt(terms.first ?? 0)) * (terms.factor ?? 1n)) % scalarModulus
  return Array.from({ length: terms.count }, () => {
    const current = next
    next = (next * devTau) % scalarModulus
    return current
  })
}

const twoAdicity = 28n

/** A root of unity of order 2^k. circom's tools take it of the generator 5, halo2 of 7. */
const rootOfUnity = (k: number, generator: 5n | 7n): bigint =>
  power(power(generator, (scalarModulus - 1n) >> twoAdicity), 1n << (twoAdicity - BigInt(k)))

/** `factor`·Lᵢ(τ) for the Lagrange basis of the 2^k-th roots: Lᵢ(τ) = ωⁱ·(τⁿ − 1) / (n·(τ − ωⁱ)). */
export function lagrangeAtTau(terms: {
  readonly k: number
  readonly generator: 5n | 7n
  readonly factor?: bigint
}): readonly bigint[] {
  const n = 2 ** terms.k
  const root = rootOfUnity(terms.k, terms.generator)
  const numerator =
    modulo(power(devTau, BigInt(n)) - 1n) * inverse(BigInt(n)) * (terms.factor ?? 1n)
  const roots: bigint[] = []
  for (let next = 1n; roots.length < n; next = (next * root) % scalarModulus) roots.push(next)
  const scale = numerator % scalarModulus
  const inverses = inverseEach(roots.map((each) => modulo(devTau - each)))
  return roots.map(
    (each, at) => (((scale * each) % scalarModulus) * (inverses[at] ?? 0n)) % scalarModulus,
  )
}

/** One inversion for all: of the product, taken apart again from its end. None of `values` is zero. */
function inverseEach(values: readonly bigint[]): readonly bigint[] {
  const products: bigint[] = []
  let product = 1n
  for (const value of values) {
    products.push(product)
    product = (product * value) % scalarModulus
  }
  let rest = inverse(product)
  const inverses = new Array<bigint>(values.length)
  for (let at = values.length - 1; at >= 0; at -= 1) {
    inverses[at] = (rest * (products[at] ?? 0n)) % scalarModulus
    rest = (rest * (values[at] ?? 0n)) % scalarModulus
  }
  return inverses
}
