import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CircuitValues } from '../../src/proofs/circuit-values.ts'
import { membershipInputs, membershipStatement } from '../../src/proofs/membership-inputs.ts'
import type { MembershipStatement } from '../../src/proofs/membership-statement.ts'
import { noirSource } from '../../src/prover/noir-source.ts'
import { readAcir } from '../support/acir-program.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type MembershipPlace, membershipPlace } from '../support/membership-receipt.ts'
import { mutateEachWitness } from '../support/mutate-acir-witness.ts'
import { compiledNoir, type NoirCircuitRun } from '../support/noir-circuit.ts'
import { inputPaths, mutated, pathText } from '../support/usage-circuit.ts'
import { wordOf } from '../support/usage-receipts.ts'

let circuit: NoirCircuitRun
beforeAll(async () => {
  circuit = await compiledNoir(noirSource('membership'))
})
afterAll(() => circuit?.remove())

function inputsOf(
  { receipt, claim }: MembershipPlace,
  change: Partial<MembershipStatement> = {},
): CircuitValues {
  const statement = { ...expectOk(membershipStatement(receipt, claim)), ...change }
  return membershipInputs(statement, receipt, claim.siblings)
}

test.each([1, 2, 5, 4096])('a receipt in a batch of %i has a witness', async (leaves) => {
  expect(await circuit.execute(inputsOf(membershipPlace(leaves)))).toBeDefined()
})

test('fewer tiers than the receipt has are a witness, too', async () => {
  expect(await circuit.execute(inputsOf(membershipPlace(3, { tiers: 2 })))).toBeDefined()
})

describe('there is none for', () => {
  const place = membershipPlace(3)
  test.each<[string, Partial<MembershipStatement>]>([
    ['another root', { root: wordOf(1) }],
    ['another model', { modelId: wordOf(1) }],
    ['more tiers', { tiers: 7 }],
    ['another scope', { scope: wordOf(1) }],
    ['another nullifier', { nullifier: wordOf(1) }],
    ['another gateway', { gateway: place.claim.bound }],
    ['another key', { gatewayKey: `0x${'12'.repeat(64)}` }],
    ['another domain', { domainSeparator: wordOf(1) }],
  ])('%s', async (_, change) => {
    expect(await circuit.execute(inputsOf(place, change))).toBeUndefined()
  })
})

test('each input, changed alone, leaves no witness but where the statement is still true', async () => {
  const inputs = inputsOf(membershipPlace(5))
  const paths = inputPaths(inputs)
  const free: string[] = []
  for (const path of paths) {
    if ((await circuit.execute(mutated(inputs, path))) !== undefined) free.push(pathText(path))
  }
  expect(paths.length).toBeGreaterThan(190)
  // Wider times are true, too; the account that may use the proof is whatever the proof is made for.
  expect(free).toEqual(['statement.finished_after', 'statement.finished_before', 'statement.bound'])
})

test('each witness, changed alone, breaks a constraint', async () => {
  const witness = await circuit.execute(inputsOf(membershipPlace(5)))
  if (witness === undefined) throw new Error('there is a witness')
  const { mutated: changed, free } = mutateEachWitness(readAcir(circuit.bytecode), witness)
  expect(changed).toBe(witness.size)
  expect(changed).toBeGreaterThan(2_000)
  const others = free.filter(({ hint }) => hint !== 'directive_invert')
  expect(others).toEqual([])
})

test('gates are those that are known', () => {
  expect(circuit.gates()).toBe(446_105)
})
