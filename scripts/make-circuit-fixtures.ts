/*
 * Compiles test/fixtures/circuits/*.circom and writes the witnesses that the tests of the witness judges start from. Needs the
 * provers (`npm run zk:install`); the tests do not.
 *
 *   node scripts/make-circuit-fixtures.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { assert } from '../src/base/assert.ts'
import { defaultProverPlace } from '../src/prover/prover-place.ts'

const fixtures = resolve(import.meta.dirname, '../test/fixtures/circuits')
const inputsOf = {
  'forgeable-total': { tokens: [3, 4], price: 5 },
  'priced-total': { tokens: [3, 200], price: 5 },
  'unbound-quotient': { amount: 1234 },
}

type Calculator = { readonly calculateWTNSBin: (inputs: object, strict: 0) => Promise<Uint8Array> }

for (const [name, inputs] of Object.entries(inputsOf)) {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-fixture-'))
  // The compiler runs in WASI, which sees what lies under its working folder.
  writeFileSync(join(folder, `${name}.circom`), readFileSync(join(fixtures, `${name}.circom`)))
  const compiler = join(defaultProverPlace.proversFolder, 'node_modules/circom2/cli.js')
  const args = [compiler, `${name}.circom`, '--r1cs', '--wasm', '--sym', '--O2', '-o', '.']
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: 'inherit' })
  assert(status === 0, `circom compiles ${name}`)
  const calculatorOf = createRequire(join(folder, 'package.json'))(
    `./${name}_js/witness_calculator.js`,
  ) as (wasm: Uint8Array) => Promise<Calculator>
  const calculator = await calculatorOf(readFileSync(join(folder, `${name}_js/${name}.wasm`)))
  writeFileSync(join(fixtures, `${name}.wtns`), await calculator.calculateWTNSBin(inputs, 0))
  for (const ending of ['r1cs', 'sym']) {
    writeFileSync(
      join(fixtures, `${name}.${ending}`),
      readFileSync(join(folder, `${name}.${ending}`)),
    )
  }
  rmSync(folder, { recursive: true })
}
