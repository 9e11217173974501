import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { zeroBytes32 } from '../../src/domain/units.ts'
import { noirSource, usageBatchRows } from '../../src/prover/noir-source.ts'
import { readAcir } from '../support/acir-program.ts'
import { mutateEachWitness } from '../support/mutate-acir-witness.ts'
import { compiledNoir, type NoirCircuitRun } from '../support/noir-circuit.ts'
import { inputPaths, inputsOf, mutated, pathText } from '../support/usage-circuit.ts'
import { usageReceipts, usageSheets, wordOf } from '../support/usage-receipts.ts'

const [, cheap] = usageSheets
const inCheap = cheap === undefined ? {} : { sheet: cheap }

let one: NoirCircuitRun
let two: NoirCircuitRun
let four: NoirCircuitRun
beforeAll(async () => {
  one = await compiledNoir(noirSource('usage-batch', { RECEIPTS: 1 }))
  two = await compiledNoir(noirSource('usage-batch', { RECEIPTS: 2 }))
  four = await compiledNoir(noirSource('usage-batch', { RECEIPTS: 4 }))
})
afterAll(() => {
  for (const circuit of [one, two, four]) circuit?.remove()
})

/** Which of the inputs' values can be another alone. */
async function freeInputs(
  circuit: NoirCircuitRun,
  inputs: ReturnType<typeof inputsOf>,
  within: (path: string) => boolean = () => true,
): Promise<{ readonly tried: number; readonly free: readonly string[] }> {
  const paths = inputPaths(inputs).filter((path) => within(pathText(path)))
  const free: string[] = []
  for (const path of paths) {
    if ((await circuit.execute(mutated(inputs, path))) !== undefined) free.push(pathText(path))
  }
  return { tried: paths.length, free }
}

const middle = { seq: 6, cumulative: 12_345n, digest: wordOf(77) }

describe('a batch of receipts', () => {
  test.each([
    ['of the whole circuit, with two sheets and two signers', [{}, { signer: 1 }, inCheap, {}]],
    ['with rows to spare', [{ signer: 1 }, {}]],
    ['of which some are unsigned', [{ signer: undefined }, {}, { signer: undefined }, {}]],
    ['of which none is signed', [{ signer: undefined }]],
    ['that charged less, or nothing', [{ discount: 5n }, { work: { completionTokens: 0 } }]],
    ['that failed upstream', [{ work: { status: 2 as const } }, {}]],
  ])('has a witness: %s', async (_, made) => {
    expect(await four.execute(inputsOf(usageReceipts(made), 4))).toBeDefined()
  })

  test('has a witness in the middle of a channel', async () => {
    const receipts = usageReceipts([{}, {}, {}], middle)
    expect(await four.execute(inputsOf(receipts, 4))).toBeDefined()
  })

  test('has none where its predecessor is said to be none', async () => {
    const inputs = inputsOf(usageReceipts([{}, {}], middle), 4)
    const statement = { ...(inputs['statement'] as object), first_seq: '0x1' }
    expect(await four.execute({ ...inputs, statement })).toBeUndefined()
  })

  test('has none where rows behind the last are another receipt', async () => {
    const [first, second] = usageReceipts([{}, {}])
    if (first === undefined || second === undefined) throw new Error('there are two')
    const alone = inputsOf([first], 2)
    const both = inputsOf([first, second], 2)
    const [row] = alone['rows'] as readonly object[]
    const [, other] = both['rows'] as readonly object[]
    expect(await two.execute(alone)).toBeDefined()
    const rows = [row, other] as never
    expect(await two.execute({ ...alone, rows })).toBeUndefined()
  })

  test('has none where a receipt stands twice', async () => {
    const inputs = inputsOf(usageReceipts([{}, {}]), 2)
    const [row] = inputs['rows'] as readonly object[]
    expect(await two.execute({ ...inputs, rows: [row, row] as never })).toBeUndefined()
  })

  test('has none where a sheet was not opened, though the receipt names the hash zero', async () => {
    const receipts = usageReceipts([{ receipt: { priceHash: zeroBytes32 } }])
    const inputs = inputsOf(usageReceipts([{}]), 1)
    const unopened = receipts.map(({ receipt }) => receipt.priceHash)
    expect(unopened).toEqual([zeroBytes32])
    const statement = inputs['statement'] as Readonly<Record<string, unknown>>
    const none = { upper: '0x0', lower: '0x0' }
    const changed = { ...statement, price_hashes: [none, none, none, none] } as never
    expect(await one.execute({ ...inputs, statement: changed })).toBeUndefined()
  })
})

/** Slots of the statement that name a signer of no row: more may be listed than signed. */
const unusedSigners = /^statement\.signers\.[1-7]\./

describe('each input, changed alone', () => {
  test('of a batch that fills its circuit', async () => {
    const inputs = inputsOf(usageReceipts([{ discount: 1n }], middle), 1)
    const { tried, free } = await freeInputs(one, inputs)
    expect(tried).toBeGreaterThan(200)
    expect(free.filter((path) => !unusedSigners.test(path))).toEqual([
      // The time within which a key signed may be said to be longer: a registry is then asked about more of it.
      'statement.signers.0.finished',
    ])
  })

  test('of a row that nobody signed, and of one behind the last', async () => {
    const inputs = inputsOf(usageReceipts([{ signer: undefined }], middle), 2)
    const { tried, free } = await freeInputs(two, inputs, (path) => /^(rows|sheets)\./.test(path))
    expect(tried).toBeGreaterThan(250)
    expect(free).toEqual([])
  })
})

test('each witness, changed alone, breaks a constraint: hints of the compiler, too', async () => {
  const inputs = inputsOf(usageReceipts([{}, { signer: undefined }, inCheap]), 4)
  const witness = await four.execute(inputs)
  if (witness === undefined) throw new Error('there is a witness')
  const { mutated: changed, free } = mutateEachWitness(readAcir(four.bytecode), witness)
  expect(changed).toBe(witness.size)
  expect(changed).toBeGreaterThan(3_000)
  // Public: signers that are listed and signed nothing.
  const unused = Array.from({ length: 42 }, (_, slot) => ({ witness: 32 + slot, hint: '' }))
  // "Is it zero" is asked with an inverse, which of zero can be anything: the answer is the same.
  expect(free.filter(({ hint }) => hint !== 'directive_invert')).toEqual(unused)
})

test('gates are those that are known: another number is another circuit, and other keys', () => {
  const [first, both] = [one.gates(), two.gates()]
  expect([first, both]).toEqual([324_208, 536_944])
  // The circuit that `vouch prove usage` takes has 2^22 rows of a trace, and 5 GB of memory.
  expect(first + (usageBatchRows - 1) * (both - first)).toBeLessThan(2 ** 22)
})
