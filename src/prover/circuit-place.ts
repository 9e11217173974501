/* Which folder a circuit's artefacts have: the same for the same source, compilers and setup, another for any other. */
import { join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import { devInsecure, type ProofSetup, type ProofSystem } from '../proofs/proof.ts'
import { type CircuitSource, sourceHash } from './circuit-source.ts'
import { srsSetup } from './ezkl/ezkl-srs.ts'
import type { ProverFailure } from './prover-failure.ts'
import { type ProverPackage, type ProverPlace, proverVersions } from './prover-place.ts'
import { noCeremonyFile } from './setup-failure.ts'
import { crsSetup } from './ultrahonk/ultrahonk-crs.ts'

const compilers: Readonly<Record<ProofSystem, readonly ProverPackage[]>> = {
  groth16: ['circom2', 'circomlib', 'snarkjs'],
  ultrahonk: ['@noir-lang/noir_wasm', '@aztec/bb.js', 'solc'],
  ezkl: ['@ezkljs/engine'],
}

export const compilersOf = (system: ProofSystem): Readonly<Record<string, string>> =>
  Object.fromEntries(compilers[system].map((name) => [name, proverVersions[name]]))

/** What keys that are made or used in this place come from. */
export async function setupOf(
  system: ProofSystem,
  place: Pick<ProverPlace, 'ceremony'>,
): Promise<Result<ProofSetup, ProverFailure>> {
  switch (system) {
    case 'groth16': {
      const { ceremony } = place
      if (ceremony === undefined) return ok(devInsecure)
      const { ptauSha256 } = ceremony
      return ptauSha256 === undefined ? noCeremonyFile('groth16') : ok(ptauSha256)
    }
    case 'ultrahonk':
      return crsSetup(place)
    case 'ezkl':
      return srsSetup(place)
  }
}

export function artefactsFolder(
  source: CircuitSource,
  { zkHome, setup }: { readonly zkHome: string; readonly setup: ProofSetup },
): string {
  const what = JSON.stringify([sourceHash(source), compilersOf(source.system), setup])
  return join(zkHome, `${source.name}-${sha256Hex(what).slice(0, 16)}`)
}
