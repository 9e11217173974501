import type { Constraint, LinearForm } from './circom-files.ts'
import { reduce } from './prime-field.ts'

/** A linear form of which some wires are known: their sum, and the coefficients of the others. */
export type OpenForm = { readonly known: bigint; readonly unknown: ReadonlyMap<number, bigint> }

export type OpenForms = { readonly a: OpenForm; readonly b: OpenForm; readonly c: OpenForm }

/** The three forms of a constraint where `values` are what is known of its wires. Coefficients of 0 are left out. */
export function openForms(
  { a, b, c }: Constraint,
  values: readonly (bigint | undefined)[],
  prime: bigint,
): OpenForms {
  const open = ({ wires, coefficients }: LinearForm): OpenForm => {
    let known = 0n
    const unknown = new Map<number, bigint>()
    for (let at = 0; at < wires.length; at++) {
      const [wire, coefficient] = [wires[at] ?? 0, coefficients[at] ?? 0n]
      const value = values[wire]
      if (value !== undefined) known += coefficient * value
      else unknown.set(wire, (unknown.get(wire) ?? 0n) + coefficient)
    }
    return { known: reduce(known, prime), unknown: withoutZeros(unknown, prime) }
  }
  return { a: open(a), b: open(b), c: open(c) }
}

function withoutZeros(
  coefficients: ReadonlyMap<number, bigint>,
  prime: bigint,
): ReadonlyMap<number, bigint> {
  const reduced = [...coefficients].map(([wire, one]) => [wire, reduce(one, prime)] as const)
  return new Map(reduced.filter(([, one]) => one !== 0n))
}
