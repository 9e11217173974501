/*
 * circuits/circom/batch16 by its constraints: what it takes, what it refuses, every signal of its witness, and the same verdict
 * as src/proofs/signed-batch.ts on receipts drawn from a seed.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { type BatchInputs, batchInputs } from '../../src/proofs/batch-inputs.ts'
import { batchReceiptsMax } from '../../src/proofs/batch-statement.ts'
import { scalarModulus } from '../../src/proofs/field.ts'
import { checkSignedBatch, type SignedBatch } from '../../src/proofs/signed-batch.ts'
import { defaultProverPlace } from '../../src/prover/prover-place.ts'
import {
  type ConstraintSystem,
  readConstraintSystem,
  readSignalNames,
} from '../support/circom-files.ts'
import { determineSignals, mutateEachInput } from '../support/determine-witness.ts'
import { brokenConstraint, mutateEachSignal } from '../support/mutate-witness.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { resignedBatch, signedBatchOf, someUsages } from '../support/signed-batch.ts'

type Compiled = {
  readonly system: ConstraintSystem
  readonly names: ReadonlyMap<number, readonly string[]>
  /** Undefined where the inputs do not satisfy the circuit. */
  readonly witness: (inputs: BatchInputs) => Promise<readonly bigint[] | undefined>
}

const folder = mkdtempSync(join(tmpdir(), 'vouch-batch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Calculator = {
  readonly calculateWitness: (inputs: BatchInputs, isStrict: boolean) => Promise<bigint[]>
}

/** `O2` is what is proved. `O1` keeps every signal that the source names, where the other puts sums in their place. */
async function compile(optimization: 'O1' | 'O2'): Promise<Compiled> {
  const place = join(folder, optimization)
  cpSync(resolve(import.meta.dirname, '../../circuits/circom'), place, { recursive: true })
  const installed = join(defaultProverPlace.proversFolder, 'node_modules')
  const compiler = join(installed, 'circom2/cli.js')
  // The compiler runs in WASI, which sees what lies under its working folder.
  cpSync(join(installed, 'circomlib/circuits'), join(place, 'circomlib'), { recursive: true })
  const outputs = ['--r1cs', '--wasm', '--sym', `--${optimization}`, '-l', 'circomlib', '-o', '.']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [compiler, 'batch16.circom', ...outputs],
    { cwd: place, encoding: 'utf8' },
  )
  assert(status === 0, `circom compiles batch16: ${stdout}${stderr}`)
  const calculatorOf = createRequire(join(place, 'package.json'))(
    './batch16_js/witness_calculator.js',
  ) as (wasm: Uint8Array) => Promise<Calculator>
  const calculator = await calculatorOf(readFileSync(join(place, 'batch16_js/batch16.wasm')))
  return {
    system: readConstraintSystem(readFileSync(join(place, 'batch16.r1cs'))),
    names: readSignalNames(readFileSync(join(place, 'batch16.sym'), 'utf8')),
    witness: (inputs) => calculator.calculateWitness(inputs, true).catch(() => undefined),
  }
}

let proved: Compiled
let named: Compiled
beforeAll(async () => {
  proved = await compile('O2')
  named = await compile('O1')
})

const three = signedBatchOf(someUsages(3))
const inputs = batchInputs(three)

async function witnessOf(circuit: Compiled, of: BatchInputs = inputs): Promise<readonly bigint[]> {
  const witness = await circuit.witness(of)
  assert(witness !== undefined, 'the batch satisfies the circuit')
  return witness
}

test('it has as many rows as are known: another number is another circuit, and other keys', () => {
  expect({ rows: proved.system.constraints.length, wires: proved.system.wireCount }).toEqual({
    rows: 15_461,
    wires: 15_401,
  })
  // With its public inputs it fits a setup of 2^14.
  expect(proved.system.constraints.length + proved.system.publicInputCount).toBeLessThan(2 ** 14)
  expect(proved.system.publicInputCount).toBe(4)
  expect(named.system.constraints.length).toBe(28_859)
})

describe('every signal', () => {
  test('changed alone, to whatever value, breaks a constraint', async () => {
    for (const circuit of [proved, named]) {
      const { free, mutated } = mutateEachSignal(
        circuit.system,
        await witnessOf(circuit),
        circuit.names,
      )
      expect(free).toEqual([])
      expect(mutated).toBe(circuit.system.wireCount - 1)
    }
  })

  test.each([1, 3, batchReceiptsMax])(
    'of a batch of %i follows from the inputs: there is no second witness',
    async (count) => {
      const batch = batchInputs(signedBatchOf(someUsages(count)))
      const { system, names } = named
      expect(determineSignals(system, await witnessOf(named, batch), names)).toEqual({
        determined: system.wireCount,
        open: [],
      })
    },
  )

  test('each private input is bound: changed, with all that follows from it, it breaks one', async () => {
    const { system, names } = named
    const { open, mutants } = mutateEachInput(system, await witnessOf(named), { names })
    expect(open).toEqual([])
    expect(mutants).toBeGreaterThan(2 * system.privateInputCount)
    // 16 CPU seconds where nothing else runs.
  }, 600_000)

  test('a row that is left out is noticed: the judges are not blind to this circuit', async () => {
    const { system, names } = named
    const witness = await witnessOf(named)
    // The one row that ties the cost of the first receipt to the sum: without it the circuit's public total says nothing.
    const [total] = [...names].find(([, all]) => all.includes('main.packedSums')) ?? []
    const constraints = system.constraints.filter(
      ({ a, b, c }) => ![a, b, c].some(({ wires }) => wires.includes(total ?? -1)),
    )
    expect(constraints.length).toBeLessThan(system.constraints.length)
    const { free } = mutateEachSignal({ ...system, constraints }, witness, names)
    expect(free.map(({ names: [name] }) => name)).toEqual(['main.packedSums'])
  })
})

/** One value changed, of a signal or of the slot of one; the signature stays that of the batch. */
const changed = (name: string, value: bigint, slot?: number): BatchInputs => {
  const column = inputs[name]
  const word = (((value % scalarModulus) + scalarModulus) % scalarModulus).toString()
  if (slot === undefined || typeof column === 'string' || column === undefined) {
    return { ...inputs, [name]: word }
  }
  return { ...inputs, [name]: column.with(slot, word) }
}

describe('no witness', () => {
  test.each([
    ['of a padding slot that costs something', changed('cost', 5n, 3)],
    ['of a padding slot with tokens', changed('completion', 1n, 3)],
    ['of a padding slot with a digest', changed('digestLow', 1n, 15)],
    ['of a slot between that is padding', changed('active', 0n, 1)],
    ['of a first slot that is padding', changed('active', 0n, 0)],
    ['of padding that is said to be a receipt', changed('active', 1n, 3)],
    ['of a receipt that is half there', changed('active', 2n, 2)],
    ['of a negative cost', changed('cost', -1n, 0)],
    ['of negative tokens', changed('uncached', -1n, 0)],
    ['of tokens beyond 32 bits', changed('completion', 2n ** 32n, 0)],
    ['of another first number', changed('firstSeq', 8n)],
    ['of a key that is not the signer’s', changed('keyX', 1n)],
    ['of another total', changed('packedSums', BigInt(String(inputs['packedSums'])) + (1n << 53n))],
    ['of another channel', changed('context', BigInt(String(inputs['context'])) + 1n)],
  ])('%s', async (_, of) => {
    expect(await proved.witness(of)).toBeUndefined()
  })

  test('of a cost above its price, though the contributor signed it', async () => {
    const [first, ...rest] = three.entries
    assert(first !== undefined, 'there are three')
    const dear = { ...first, cost: three.statement.priced }
    const greedy = resignedBatch(three, [dear, ...rest])
    expect(checkSignedBatch(greedy)).toEqual({ ok: false, error: 'cost_above_price' })
    expect(await proved.witness(batchInputs(greedy))).toBeUndefined()
  })
})

/** Batches of any size, with numbers at the ends of their ranges and a few that are wrong. */
function drawnBatch(whole: (below: number) => number): SignedBatch {
  const edge = (max: number) => [0, 1, max - 1, max, whole(max)][whole(5)] ?? 0
  const count = 1 + whole(batchReceiptsMax)
  const usages = Array.from({ length: count }, () => {
    const promptTokens = edge(2 ** 32 - 1)
    const cachedPromptTokens = Math.min(promptTokens, edge(2 ** 20))
    return { promptTokens, cachedPromptTokens, completionTokens: 1 + edge(2 ** 32 - 2) }
  })
  const batch = signedBatchOf(usages)
  if (whole(3) > 0) return batch
  const at = whole(count)
  const step = BigInt(whole(2) * 2 - 1)
  const entries = batch.entries.map((entry, index) =>
    index === at ? { ...entry, cost: (entry.cost + step) as typeof entry.cost } : entry,
  )
  return resignedBatch(batch, entries)
}

test('circuit and TypeScript give the same verdict on batches drawn from a seed', async () => {
  const random = seededRandom(8)
  const verdicts = { taken: 0, refused: 0 }
  for (let round = 0; round < 24; round++) {
    const batch = drawnBatch(random)
    const isTaken = checkSignedBatch(batch).ok
    const witness = await proved.witness(batchInputs(batch))
    expect(witness !== undefined, `round ${round}`).toBe(isTaken)
    verdicts[isTaken ? 'taken' : 'refused']++
    if (witness !== undefined) {
      expect(brokenConstraint(proved.system, witness)).toBeUndefined()
    }
  }
  // Of this seed: a witness for most, and some that both refuse.
  expect(verdicts).toEqual({ taken: 18, refused: 6 })
})
