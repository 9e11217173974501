import { expect, test } from 'vitest'
import { encodeTensor } from '../../../src/base/wire-tensor.ts'
import { keccak256 } from '../../../src/chain/keccak.ts'
import { checkWireBytes } from '../../../src/client/check-wire-bytes.ts'
import { zeroBytes32 } from '../../../src/domain/units.ts'
import { sha256, signReceipt } from '../../support/signed-receipt.ts'

const integers = { input: [721, -262, 1311, 0], output: [819, -3] }
const request = { input: [0.011, -0.004, 0.02, 0.000001] }
const answer = {
  object: 'vouch.inference',
  model: 'volatility',
  output: [819 / 65_536, -3 / 65_536],
  integers,
}
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const input = encodeTensor(Int32Array.from(integers.input))
const output = encodeTensor(Int32Array.from(integers.output))

async function linesOf(asked: unknown, answered: unknown) {
  const [requestBytes, responseBytes] = [bytes(asked), bytes(answered)]
  const { receipt } = signReceipt({
    work: {
      inputHash: await sha256(input),
      outputHash: await sha256(output),
      contentHash: keccak256(output),
      streamRoot: zeroBytes32,
    },
    receipt: {
      requestHash: await sha256(requestBytes),
      responseHash: await sha256(responseBytes),
    },
  })
  const evidence = { request: requestBytes, response: responseBytes }
  const lines = checkWireBytes(receipt, evidence)
  return Object.fromEntries(lines.map(({ check, verdict, detail }) => [check, { verdict, detail }]))
}

test('numbers and integers of an honest answer go together, with the scale that it has', async () => {
  const lines = await linesOf(request, answer)
  expect(lines['answer-in-response']).toEqual({
    verdict: 'holds',
    detail: 'the integers in the response give the contentHash; its numbers are these by 2^−16',
  })
  expect(lines['rewriting']).toEqual({
    verdict: 'holds',
    detail: "the contributor was asked with the request's numbers by 2^16",
  })
})

test.each([
  ['another number', { ...answer, output: [819 / 65_536, -4 / 65_536] }],
  ['a number of another scale', { ...answer, output: [819 / 65_536, -3 / 32_768] }],
  ['a number more', { ...answer, output: [...answer.output, 0] }],
  ['a number less', { ...answer, output: [819 / 65_536] }],
  ['words', { ...answer, output: 'high' }],
  ['numbers as text', { ...answer, output: answer.output.map(String) }],
  ['nothing', { ...answer, output: null }],
  ['other integers', { ...answer, output: [1, 2], integers: { ...integers, output: [1, 2] } }],
])('%s in the response is no answer of the contributor', async (_, answered) => {
  expect((await linesOf(request, answered))['answer-in-response']?.verdict).toBe('fails')
})

test.each([
  ['the same integers', { input_integers: integers.input }, 'holds'],
  ['other integers', { input_integers: [721, -262, 1311, 1] }, 'fails'],
  ['other numbers', { input: [0.012, -0.004, 0.02, 0] }, 'fails'],
  [
    'nested numbers',
    {
      input: [
        [0.011, -0.004],
        [0.02, 0],
      ],
    },
    'holds',
  ],
  ['too few numbers', { input: [0.011, -0.004, 0.02] }, 'fails'],
  ['inputs by their names', { input: { a: [0.011], b: [-0.004, 0.02, 0] } }, 'unknown'],
  ['no input', {}, 'fails'],
])('%s in the request', async (_, asked, verdict) => {
  expect((await linesOf(asked, answer))['rewriting']?.verdict).toBe(verdict)
})

test('several outputs are read in the order of the model, each by its own scale', async () => {
  const output = { mean: [819 / 256], spread: -3 }
  const lines = await linesOf(request, { ...answer, output })
  expect(lines['answer-in-response']?.detail).toContain('2^−8, 2^0')
})

test('a gateway that says that other integers went in is refuted by the inputHash', async () => {
  const lied = { ...answer, integers: { ...integers, input: [1, 2, 3, 4] } }
  const lines = await linesOf({ input_integers: [1, 2, 3, 4] }, lied)
  expect(lines['rewriting']?.verdict).toBe('fails')
})

test('what has no integers is judged like any other body', async () => {
  const { integers: _, ...without } = answer
  expect((await linesOf(request, without))['answer-in-response']?.verdict).toBe('unknown')
  const odd = { ...answer, integers: { input: [0.5], output: [2 ** 31] } }
  expect((await linesOf(request, odd))['answer-in-response']?.verdict).toBe('unknown')
})
