/*
 * What usage-tree demands of its children's statements. That their proofs are verified inside of it is no matter of a witness
 * (the ACVM takes any) but of the proof: bench/metering.ts proves trees, and tries to forge them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Hex } from '../../src/base/hex.ts'
import { atomic } from '../../src/domain/units.ts'
import type { CircuitValues } from '../../src/proofs/circuit-values.ts'
import type { UsageStatement } from '../../src/proofs/usage-statement.ts'
import { type UsageTreeChild, usageTreeInputs } from '../../src/proofs/usage-tree.ts'
import { noirSource } from '../../src/prover/noir-source.ts'
import { prove } from '../../src/prover/prover.ts'
import { expectOk } from '../support/dev-chain.ts'
import { compiledNoir, type NoirCircuitRun } from '../support/noir-circuit.ts'
import { built, temporaryZkPlace, tinyNoir } from '../support/tiny-circuits.ts'
import { inputPaths, mutated, pathText, rangeOf } from '../support/usage-circuit.ts'
import { usageReceipts, usageSheets, wordOf } from '../support/usage-receipts.ts'

const width = 3
let circuit: NoirCircuitRun
beforeAll(async () => {
  circuit = await compiledNoir(noirSource('usage-tree', { CHILDREN: width }))
})
afterAll(() => circuit?.remove())

const [, cheap] = usageSheets
const receipts = usageReceipts([
  { signer: undefined },
  { signer: 1 },
  { discount: 3n },
  cheap === undefined ? {} : { sheet: cheap },
])
const keys = { batchKey: scalar('01'), treeKey: scalar('02') }
const proof: Hex = `0x${'00'.repeat(32 * 410)}`

function scalar(byte: string) {
  return `0x${'00'.repeat(31)}${byte}` as ReturnType<typeof wordOf>
}

const child = (from: number, to: number, isTree = false): UsageTreeChild => ({
  statement: rangeOf(receipts.slice(from, to)).statement,
  isTree,
  key: new Uint8Array(32 * 115),
  proof,
})
const children = [child(0, 1), child(1, 3, true), child(3, 4)]
const whole = rangeOf(receipts).statement

const inputsOf = (
  statement: UsageStatement,
  below: readonly UsageTreeChild[] = children,
): CircuitValues => usageTreeInputs(statement, below, { keys, width })

test('the statement of all receipts is that of their stretches, however they are cut', async () => {
  expect(whole).toMatchObject({ count: 4, unsignedCount: 1, priced: whole.total + 3n })
  for (const below of [children, [child(0, 4)], [child(0, 2), child(2, 4)]]) {
    expect(await circuit.execute(inputsOf(whole, below))).toBeDefined()
  }
})

describe('there is no witness for', () => {
  test.each<[string, readonly UsageTreeChild[]]>([
    ['a stretch that is missing', [child(0, 1), child(3, 4)]],
    ['a stretch twice', [child(0, 2), child(0, 2), child(2, 4)]],
    ['another order', [child(1, 3), child(0, 1), child(3, 4)]],
    ['stretches that overlap', [child(0, 3), child(2, 4)]],
  ])('%s', async (_, below) => {
    expect(await circuit.execute(inputsOf(whole, below))).toBeUndefined()
  })

  test.each<[string, Partial<UsageStatement>]>([
    ['another channel', { channelId: wordOf(1) }],
    ['another gateway’s', { gateway: '0x0000000000000000000000000000000000000001' as never }],
    ['another asset', { asset: '0x0000000000000000000000000000000000000001' as never }],
    ['another domain', { domainSeparator: wordOf(1) }],
    ['a sheet that is not listed', { priceHashes: whole.priceHashes.slice(0, 1) }],
    ['a signer that is not listed', { signers: whole.signers.slice(0, 1) }],
    ['a larger total', { total: atomic(whole.total + 1n) }],
    ['fewer unsigned', { unsignedCount: 0, unsignedTotal: atomic(0n) }],
  ])('%s', async (_, change) => {
    expect(await circuit.execute(inputsOf({ ...whole, ...change }))).toBeUndefined()
  })

  test('a sum that skips between stretches', async () => {
    const skipped = children.map((one, index) =>
      index === 2
        ? { ...one, statement: { ...one.statement, cumulative: atomic(whole.cumulative + 1n) } }
        : one,
    )
    const statement = { ...whole, cumulative: atomic(whole.cumulative + 1n) }
    expect(await circuit.execute(inputsOf(statement, skipped))).toBeUndefined()
  })
})

/** Keys and proofs, which the ACVM does not look at, and slots that are not used: more may be listed than there is. */
const skipped = /\.(key|proof)\.|signers\.[2-7]\.|^statement\.price_hashes\.[23]\./
/**
 * Keys of circuits are public, and verifiers pin them. What of a child follows from nothing here is a public input of its own
 * proof: its kind, its signers (fewer would do), and the time of a last receipt that others follow. A key may be said to have
 * signed for longer.
 */
const boundByProofs =
  /^keys\.|^children\.\d\.(is_tree$|statement\.signers\.)|^children\.[01]\.statement\.last_finished_at$|^statement\.signers\.\d\.finished$/

test('each input of a statement, changed alone, is noticed, or is the proof’s to notice', async () => {
  const inputs = inputsOf(whole)
  const paths = inputPaths(inputs).filter((path) => !skipped.test(pathText(path)))
  const free: string[] = []
  for (const path of paths) {
    if ((await circuit.execute(mutated(inputs, path))) !== undefined) free.push(pathText(path))
  }
  expect(paths.length).toBeGreaterThan(130)
  expect(free.filter((path) => !boundByProofs.test(path))).toEqual([])
})

test('a proof for another circuit to verify has the form that usage-tree reads', async () => {
  const zk = temporaryZkPlace()
  try {
    const artefacts = await built({ ...tinyNoir, recursive: true }, zk.place)
    expect(artefacts.artefact).toMatchObject({ recursive: true, publicInputs: 2 })
    expect(artefacts.artefact.files['vk']?.bytes).toBe(32 * 115)
    expect(artefacts.artefact.files['vk_hash']?.bytes).toBe(32)
    const inputs = { x: '3', y: 4, product: '12' }
    const made = expectOk(await prove({ artefacts, inputs }, { place: zk.place }))
    expect(made.proof).toHaveLength(2 + 2 * 32 * 410)
  } finally {
    zk.remove()
  }
})
