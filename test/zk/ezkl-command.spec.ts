/* `vouch zk compile`, `build` and `verifier`: an ONNX file becomes an ezkl circuit and its contract, and it is said who wrote it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { denseOnnx } from '../../scripts/models/onnx-graphs.ts'
import { runZk } from '../../src/cli/zk-command.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

const at = (name: string): string => join(folder.path, name)
const layer = (inputs: number, outputs: number) => ({
  ...{ inputs, outputs },
  weights: Float64Array.from({ length: inputs * outputs }, (_, place) => ((place * 5) % 7) / 8),
  biases: new Float64Array(outputs).fill(0.25),
})
const network = { layers: [layer(3, 4), layer(4, 1)] }
writeFileSync(at('small.onnx'), denseOnnx({ name: 'small', input: 'x', output: 'y', network }))
writeFileSync(at('sample.json'), '[[1, -0.5, 0.25], [0, 1, -1]]')

async function said(...argv: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = []
  const print = (line: string) => void lines.push(line)
  expect(await runZk(argv, { print, printError: print })).toBe(0)
  return lines
}

test('with the package ezkl compiles, and its contract can be written', async () => {
  const compiled = await said(
    'compile',
    at('small.onnx'),
    at('small'),
    '--input',
    at('sample.json'),
  )
  expect(compiled[0]).toContain("compiled by ezkl's Python package")
  const built = await said('build', at('small'))
  expect(built[0]).toMatch(/^ezkl small: \d+ rows$/)
  await said('verifier', String(built.at(-1)), at('Verifier.sol'))
  expect(readFileSync(at('Verifier.sol'), 'utf8')).toContain('contract Halo2Verifier')
})

test('without it a dense model is written here, and it is said what is missing', async () => {
  const home = ['--home', at('empty')]
  const input = ['--input', at('sample.json')]
  const [why] = await said('compile', at('small.onnx'), at('own'), ...input, ...home)
  expect(why).toMatch(/Python package 21\.0\.0 is not in .*written here/)
  expect(existsSync(at('own/model.compiled'))).toBe(true)
})
