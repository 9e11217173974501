/*
 * Where provers and their keys lie. The provers are no dependency of this package (their licences are others', and they are
 * 300 MB): they are looked up in a folder of their own, and whoever has not installed them is told the command.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { ProverFailure } from './prover-failure.ts'

export type ProverPlace = {
  /** With a `node_modules` that has the provers. */
  readonly proversFolder: string
  /** Setups, artefacts of circuits, and the folders of jobs that run. */
  readonly zkHome: string
  /** A rapidsnark binary that proves groth16 in snarkjs' place. */
  readonly rapidsnark?: string
  /**
   * Files of public ceremonies, which production takes its keys from. Absent, keys come from a tau that everybody knows, and all
   * that is made with them is marked `dev-insecure`.
   */
  readonly ceremony?: CeremonyFiles
  /** Processor threads of a job, where its prover can be told. */
  readonly threads: number
}

type CeremonyFiles = {
  /** ultrahonk: a folder with Aztec's `bn254_g2.dat`, and `bn254_g1_compressed.dat` or `bn254_g1.dat`. */
  readonly crsFolder?: string
  /** ezkl: a `kzgK.srs` of the right size. */
  readonly ezklSrs?: string
  /** groth16: the phase-1 file that the imported keys come from, by its hash. */
  readonly ptauSha256?: Bytes32
}

const packageFolder = resolve(import.meta.dirname, '../..')

export const defaultProverPlace: ProverPlace = {
  proversFolder: join(packageFolder, 'circuits'),
  zkHome: join(packageFolder, '.vouch/zk'),
  threads: 2,
}

/** Each proof is of one version of its prover: another one makes other keys of the same source. */
export const proverVersions = {
  '@aztec/bb.js': '5.0.0',
  '@ezkljs/engine': '21.0.0',
  '@noir-lang/noir_js': '1.0.0-beta.26',
  '@noir-lang/noir_wasm': '1.0.0-beta.26',
  circom2: '0.2.23',
  circomlib: '2.0.5',
  ffjavascript: '0.3.1',
  snarkjs: '0.7.6',
  solc: '0.8.37',
} as const

export type ProverPackage = keyof typeof proverVersions

/** Absent, or the folder of each package. */
export function findProvers(
  { proversFolder }: Pick<ProverPlace, 'proversFolder'>,
  wanted: readonly ProverPackage[],
): Result<(name: ProverPackage) => string, ProverFailure> {
  const missing = wanted.filter(
    (name) => installedVersion(proversFolder, name) !== proverVersions[name],
  )
  if (missing.length === 0) return ok((name) => join(proversFolder, 'node_modules', name))
  const named = missing.map((name) => `${name}@${proverVersions[name]}`).join(', ')
  return err({
    reason: 'provers_missing',
    message: `${named} not found in ${proversFolder}: 'npm run zk:install' installs the provers`,
  })
}

function installedVersion(folder: string, name: ProverPackage): string | undefined {
  try {
    const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    const { version } = JSON.parse(text) as { readonly version: string }
    // ezkl writes its version as its tags are.
    return version.replace(/^v/, '')
  } catch {
    return undefined
  }
}

/** Provers are CommonJS, or ESM without top-level await: `require` loads both, and finds them beside that folder. */
export const requireFrom = ({
  proversFolder,
}: Pick<ProverPlace, 'proversFolder'>): NodeJS.Require =>
  createRequire(join(proversFolder, 'package.json'))
