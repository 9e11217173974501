/*
 * Development keys of Groth16, straight from the constraint system: since τ, α, β and δ are known, every point of the key is a
 * known multiple of the generator. That takes seconds where a ceremony's file, its preparation and the setup out of it take
 * minutes, and gives the same kind of file (snarkjs' and rapidsnark's zkey). The proof system is in eprint 2016/260.
 */
import { scalarModulus } from '../../proofs/field.ts'
import { writeSectionFile } from '../section-file.ts'
import type { Bn254Wasm } from '../tau/bn254-wasm.ts'
import { devAlpha, devBeta, devDelta, inverse, lagrangeAtTau } from '../tau/dev-tau.ts'
import { fixedBase } from '../tau/fixed-base.ts'
import type { R1cs } from './read-r1cs.ts'
import { zkeyCoefficients, zkeyHeader } from './zkey-format.ts'

/** Points are asked for in slices, so that progress can be told and no list is larger than it must. */
const slicePoints = 8192

type Polynomials = {
  /** uᵢ(τ), vᵢ(τ), wᵢ(τ) of each wire. */
  readonly a: readonly bigint[]
  readonly b: readonly bigint[]
  readonly c: readonly bigint[]
}

export function writeDevZkey(
  path: string,
  r1cs: R1cs,
  {
    wasm,
    onFraction,
  }: { readonly wasm: Bn254Wasm; readonly onFraction: (fraction: number) => void },
): void {
  const k = domainPower(r1cs)
  const { a, b, c } = polynomialsAtTau(r1cs, k)
  const { wires, publicWires } = r1cs
  const overDelta = inverse(devDelta)
  const bound = (wire: number) =>
    devBeta * (a[wire] ?? 0n) + devAlpha * (b[wire] ?? 0n) + (c[wire] ?? 0n)
  const publicTerms = Array.from(
    { length: publicWires + 1 },
    (_, wire) => bound(wire) % scalarModulus,
  )
  const privateTerms = Array.from(
    { length: wires - publicWires - 1 },
    (_, at) => ((bound(publicWires + 1 + at) % scalarModulus) * overDelta) % scalarModulus,
  )
  // The quotient is handed over by its values at the odd powers of a root of twice the order, where the numerator is not zero.
  const quotient = lagrangeAtTau({ k: k + 1, generator: 5n, factor: overDelta }).filter(
    (_, at) => at % 2 === 1,
  )
  const pointsOfG1 = 2 * wires + privateTerms.length + quotient.length
  const g1 = fixedBase(wasm, wasm.g1, pointsOfG1)
  const g2 = fixedBase(wasm, wasm.g2, wires)
  let done = 0
  const points = function* (multiply: typeof g1, scalars: readonly bigint[]) {
    for (let start = 0; start < scalars.length; start += slicePoints) {
      const slice = scalars.slice(start, start + slicePoints)
      yield multiply(slice)
      // A point of the second group costs four of the first.
      done += slice.length * (multiply === g2 ? 4 : 1)
      onFraction(Math.min(1, done / (pointsOfG1 + 4 * wires)))
    }
  }
  const header = zkeyHeader({
    wires,
    publicWires,
    domainSize: 2 ** k,
    alphaBetaDelta1: g1([devAlpha, devBeta, devDelta]),
    betaGammaDelta2: g2([devBeta, 1n, devDelta]),
  })
  const noContributions = new Uint8Array(68)
  writeSectionFile(path, { magic: 'zkey', version: 1 }, [
    { id: 1, parts: [Uint8Array.of(1, 0, 0, 0)] },
    { id: 2, parts: [header] },
    { id: 4, parts: zkeyCoefficients(r1cs) },
    { id: 3, parts: points(g1, publicTerms) },
    { id: 5, parts: points(g1, a) },
    { id: 6, parts: points(g1, b) },
    { id: 7, parts: points(g2, b) },
    { id: 8, parts: points(g1, privateTerms) },
    { id: 9, parts: points(g1, quotient) },
    { id: 10, parts: [noContributions] },
  ])
}

/** Each public wire and the constant have a row of their own beside the constraints, so that none of them is without effect. */
const domainPower = ({ constraints, publicWires }: R1cs): number =>
  Math.ceil(Math.log2(constraints + publicWires + 1))

function polynomialsAtTau(r1cs: R1cs, k: number): Polynomials {
  const basis = lagrangeAtTau({ k, generator: 5n })
  const zeros = () => new Array<bigint>(r1cs.wires).fill(0n)
  const sums = { a: zeros(), b: zeros(), c: zeros() }
  r1cs.eachTerm(({ constraint, matrix, wire, coefficient }) => {
    const column = sums[matrix]
    const product = coefficient * (basis[constraint] ?? 0n)
    column[wire] = ((column[wire] ?? 0n) + product) % scalarModulus
  })
  for (let wire = 0; wire <= r1cs.publicWires; wire += 1) {
    sums.a[wire] = ((sums.a[wire] ?? 0n) + (basis[r1cs.constraints + wire] ?? 0n)) % scalarModulus
  }
  return sums
}
