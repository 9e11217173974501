/*
 * The judges of witnesses, judged: circuits with faults on purpose must be found, and one without must not.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConstraintSystem, readSignalNames, readWitness } from '../support/circom-files.ts'
import { determineSignals, mutateEachInput } from '../support/determine-witness.ts'
import { brokenConstraint, mutateEachSignal } from '../support/mutate-witness.ts'

const folder = join(import.meta.dirname, '../fixtures/circuits')

function readCircuit(name: string) {
  const bytes = (ending: string) => readFileSync(join(folder, `${name}.${ending}`))
  return {
    system: readConstraintSystem(bytes('r1cs')),
    witness: readWitness(bytes('wtns')),
    names: readSignalNames(bytes('sym').toString()),
  }
}

const namesOf = (open: readonly { readonly names: readonly string[] }[]) =>
  open.map(({ names }) => names[0])

const wireOf = (names: ReadonlyMap<number, readonly string[]>, name: string): number => {
  const found = [...names].find(([, all]) => all.includes(name))
  if (found === undefined) throw new Error(`no wire is ${name}`)
  return found[0]
}

describe('a multiplier that is assigned and not constrained (0G)', () => {
  const { system, witness, names } = readCircuit('forgeable-total')

  test('is not seen by changing one signal alone: the total has to follow', () => {
    expect(mutateEachSignal(system, witness, names).free).toEqual([])
  })

  test('is found, with everything that depends on it, and with a forged witness', () => {
    const { open } = determineSignals(system, witness, names)
    expect(namesOf(open).toSorted()).toEqual(['main.scale', 'main.total'])
    const forged = open.find(({ names: [name] }) => name === 'main.scale')?.forged
    expect(forged).toBeDefined()
    expect(brokenConstraint(system, forged ?? [])).toBeUndefined()
    const total = wireOf(names, 'main.total')
    expect(forged?.[total]).not.toBe(witness[total])
  })

  test('leaves the tokens unbound by the public total', () => {
    const { open, mutants } = mutateEachInput(system, witness, { names })
    expect(mutants).toBe(6)
    expect(new Set(namesOf(open))).toEqual(new Set(['main.tokens[0]', 'main.tokens[1]']))
    expect(open.every(({ forged }) => forged !== undefined)).toBe(true)
  })
})

describe('the same sum, constrained', () => {
  const { system, witness, names } = readCircuit('priced-total')

  test('lets no signal change, alone or with others', () => {
    expect(mutateEachSignal(system, witness, names)).toEqual({
      mutated: system.wireCount - 1,
      free: [],
    })
    expect(determineSignals(system, witness, names)).toEqual({
      determined: system.wireCount,
      open: [],
    })
  })

  test('binds each token to the public total', () => {
    expect(mutateEachInput(system, witness, { names })).toEqual({ mutants: 6, open: [] })
  })
})

describe('a quotient and a rest that only have to fit each other', () => {
  const { system, witness, names } = readCircuit('unbound-quotient')

  test('are found with a forged witness', () => {
    const { open } = determineSignals(system, witness, names)
    expect(namesOf(open)).toContain('main.quotient')
    expect(open.some(({ forged }) => forged !== undefined)).toBe(true)
  })
})

test('a witness that breaks a constraint is refused, as its mutants would say nothing', () => {
  const { system, witness } = readCircuit('priced-total')
  const broken = witness.with(1, (witness[1] ?? 0n) + 1n)
  expect(() => mutateEachSignal(system, broken)).toThrow(/breaks before anything was changed/)
  expect(() => determineSignals(system, broken)).toThrow(/breaks before anything was changed/)
})

test('a signal that no constraint has is free to be anything', () => {
  const { system, witness } = readCircuit('priced-total')
  const wider = { ...system, wireCount: system.wireCount + 1 }
  const { free } = mutateEachSignal(wider, [...witness, 7n])
  expect(free).toEqual([{ wire: system.wireCount, names: [], instead: 'any' }])
})
