import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { CircuitValues } from '../../src/proofs/circuit-values.ts'
import type { CircuitSource } from '../../src/prover/circuit-source.ts'
import { defaultProverPlace, requireFrom } from '../../src/prover/prover-place.ts'

type NoirProgram = { readonly bytecode: string; readonly abi: unknown }
type NoirWasm = {
  readonly createFileManager: (folder: string) => unknown
  readonly compile_program: (
    files: unknown,
    path: undefined,
    log: () => void,
    debugLog: () => void,
  ) => Promise<{ readonly program: NoirProgram }>
}
type NoirJs = {
  readonly Noir: new (
    program: NoirProgram,
  ) => {
    readonly execute: (inputs: CircuitValues) => Promise<{ readonly witness: Uint8Array }>
  }
}
type AcvmJs = {
  readonly decompressWitness: (witness: Uint8Array) => Map<number, string>
}

/** A witness by number: field elements. */
export type AcirWitness = ReadonlyMap<number, bigint>

export type NoirCircuitRun = {
  readonly bytecode: string
  /** Undefined where no witness satisfies the circuit. */
  readonly execute: (inputs: CircuitValues) => Promise<AcirWitness | undefined>
  /** Gates of the circuit for `-t evm`, as bb counts them. */
  readonly gates: () => number
  readonly remove: () => void
}

const load = requireFrom(defaultProverPlace)

/** A Noir circuit, compiled: witnesses are made in milliseconds, where a proof takes seconds. */
export async function compiledNoir({ files, entry }: CircuitSource): Promise<NoirCircuitRun> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-noir-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const { createFileManager, compile_program } = load('@noir-lang/noir_wasm') as NoirWasm
  const quiet = () => undefined
  const manager = createFileManager(join(folder, entry))
  const { program } = await compile_program(manager, undefined, quiet, quiet)
  writeFileSync(join(folder, 'circuit.json'), JSON.stringify(program))
  const { Noir } = load('@noir-lang/noir_js') as NoirJs
  const { decompressWitness } = load('@noir-lang/acvm_js') as AcvmJs
  const noir = new Noir(program)
  return {
    bytecode: program.bytecode,
    execute: async (inputs) => {
      const done = await noir.execute(inputs).catch(() => undefined)
      if (done === undefined) return undefined
      const values = [...decompressWitness(done.witness)]
      return new Map(values.map(([index, value]) => [index, BigInt(value)]))
    },
    gates: () => gatesOf(join(folder, 'circuit.json')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const platforms: Readonly<Record<string, string>> = {
  'linux-x64': 'amd64-linux',
  'linux-arm64': 'arm64-linux',
  'darwin-x64': 'amd64-macos',
  'darwin-arm64': 'arm64-macos',
}

function gatesOf(program: string): number {
  const platform = platforms[`${process.platform}-${process.arch}`] ?? ''
  const bb = join(
    defaultProverPlace.proversFolder,
    'node_modules/@aztec/bb.js/build',
    platform,
    'bb',
  )
  const { stdout } = spawnSync(bb, ['gates', '-b', program, '-t', 'evm'], { encoding: 'utf8' })
  const size = /"circuit_size":\s*(\d+)/.exec(stdout)?.[1]
  if (size === undefined) throw new Error(`bb counts no gates: ${stdout}`)
  return Number(size)
}
