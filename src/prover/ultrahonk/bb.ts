import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import { type JobContext, type ProgramEnd, runProgram } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers } from '../prover-place.ts'

/** The flavour whose transcript is keccak256 and whose proofs are zero-knowledge: that of the Solidity verifier. */
export const evmTarget = ['-t', 'evm'] as const
/** What a circuit verifies (circuits/noir/usage-tree): another hash function, and no zero knowledge, since nobody sees it. */
const recursiveTarget = ['-t', 'noir-recursive-no-zk'] as const

export const targetOf = (circuit: { readonly recursive?: true }): readonly string[] =>
  circuit.recursive ? recursiveTarget : evmTarget

export type Bb = (args: readonly string[]) => Promise<ProgramEnd>

const builds: Readonly<Record<string, string>> = {
  'linux-x64': 'amd64-linux',
  'linux-arm64': 'arm64-linux',
  'darwin-x64': 'amd64-macos',
  'darwin-arm64': 'arm64-macos',
}

/** The native `bb` that lies in @aztec/bb.js: ten times as fast as the same in WebAssembly, in a tenth of the memory. */
export function findBb({ place, workFolder }: JobContext): Result<Bb, ProverFailure> {
  const provers = findProvers(place, ['@aztec/bb.js'])
  if (!provers.ok) return provers
  const platform = `${process.platform}-${process.arch}`
  const program = join(provers.value('@aztec/bb.js'), 'build', builds[platform] ?? platform, 'bb')
  if (!existsSync(program)) return jobFailure('provers_missing', `bb has no build for ${platform}`)
  return ok((args) => runProgram(program, args, { cwd: workFolder }))
}
