import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { assert } from '../../src/base/assert.ts'
import { defaultProverPlace, requireFrom } from '../../src/prover/prover-place.ts'
import { type AcirCircuit, readAcir } from './acir-circuit.ts'
import { type ConstraintSystem, readConstraintSystem, readSignalNames } from './circom-files.ts'

/* Circuits compiled and executed without keys or proofs, which is what tests of their constraints need. */

/** Field elements, as decimal or 0x text. */
type Values = readonly bigint[]

export type CompiledCircuit = {
  readonly system: ConstraintSystem
  readonly names: ReadonlyMap<number, readonly string[]>
  /** Rejects where the values do not satisfy the circuit. */
  readonly witness: (values: Values) => Promise<readonly bigint[]>
}

/** A text with the one input `values`; `folder` gets a folder of its own for each name. */
export async function compiledCircom(
  text: string,
  { folder, name }: { readonly folder: string; readonly name: string },
): Promise<CompiledCircuit> {
  const place = join(folder, name)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'model.circom'), text)
  const compiler = join(defaultProverPlace.proversFolder, 'node_modules/circom2/cli.js')
  const args = [compiler, 'model.circom', '--r1cs', '--wasm', '--sym', '--O2', '-o', '.']
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: place })
  assert(status === 0, `circom compiles the text: ${stdout}${stderr}`)
  const calculatorOf = createRequire(join(place, 'package.json'))(
    './model_js/witness_calculator.js',
  ) as (wasm: Uint8Array) => Promise<WitnessCalculator>
  const wasm = readFileSync(join(place, 'model_js/model.wasm'))
  return {
    system: readConstraintSystem(readFileSync(join(place, 'model.r1cs'))),
    names: readSignalNames(readFileSync(join(place, 'model.sym'), 'utf8')),
    witness: async (values) =>
      (await calculatorOf(wasm)).calculateWitness({ values: values.map(String) }, true),
  }
}

type WitnessCalculator = {
  readonly calculateWitness: (inputs: unknown, isStrict: boolean) => Promise<readonly bigint[]>
}

export type CompiledNoir = CompiledCircuit & { readonly acir: AcirCircuit }

export async function compiledNoir(
  text: string,
  manifest: string,
  { folder, name }: { readonly folder: string; readonly name: string },
): Promise<CompiledNoir> {
  const place = join(folder, name)
  mkdirSync(join(place, 'src'), { recursive: true })
  writeFileSync(join(place, 'Nargo.toml'), manifest)
  writeFileSync(join(place, 'src/main.nr'), text)
  const load = requireFrom(defaultProverPlace)
  const { compile_program, createFileManager } = load('@noir-lang/noir_wasm') as NoirCompiler
  const quiet = () => undefined
  const { program } = await compile_program(createFileManager(place), undefined, quiet, quiet)
  const { Noir } = load('@noir-lang/noir_js') as NoirRuntime
  const { decompressWitness } = load('@noir-lang/acvm_js') as WitnessReader
  const noir = new Noir(program)
  const acir = readAcir(gunzipSync(Buffer.from(program.bytecode, 'base64')))
  return {
    acir,
    system: acir.system,
    names: new Map(),
    witness: async (values) => {
      const inputs = { values: values.map((value) => `0x${value.toString(16)}`) }
      const { witness } = await noir.execute(inputs)
      return acir.witnessOf(decompressWitness(witness))
    },
  }
}

type NoirProgram = { readonly bytecode: string }
type NoirCompiler = {
  readonly createFileManager: (folder: string) => unknown
  readonly compile_program: (
    files: unknown,
    path: string | undefined,
    log: () => void,
    debugLog: () => void,
  ) => Promise<{ readonly program: NoirProgram }>
}
type NoirRuntime = {
  readonly Noir: new (
    program: unknown,
  ) => { readonly execute: (inputs: unknown) => Promise<{ readonly witness: Uint8Array }> }
}
type WitnessReader = {
  readonly decompressWitness: (compressed: Uint8Array) => ReadonlyMap<number, string>
}
