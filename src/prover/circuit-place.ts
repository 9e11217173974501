/* Which folder a circuit's artefacts have: the same for the same source, compilers and setup, another for any other. */
import { join } from 'node:path'
import { sha256Hex } from '../base/sha256.ts'
import { devInsecure, type ProofSetup, type ProofSystem } from '../proofs/proof.ts'
import { type CircuitSource, sourceHash } from './circuit-source.ts'
import { srsSetup } from './ezkl/ezkl-srs.ts'
import { type ProverPackage, type ProverPlace, proverVersions } from './prover-place.ts'
import { crsSetup } from './ultrahonk/ultrahonk-crs.ts'

const compilers: Readonly<Record<ProofSystem, readonly ProverPackage[]>> = {
  groth16: ['circom2', 'circomlib', 'snarkjs'],
  ultrahonk: ['@noir-lang/noir_wasm', '@aztec/bb.js', 'solc'],
  ezkl: ['@ezkljs/engine'],
}

export const compilersOf = (system: ProofSystem): Readonly<Record<string, string>> =>
  Object.fromEntries(compilers[system].map((name) => [name, proverVersions[name]]))

/** A ceremony's keys of groth16 are no matter of its first phase alone: they are imported (`vouch zk import`), not made. */
export async function setupOf(system: ProofSystem, place: ProverPlace): Promise<ProofSetup> {
  if (system === 'ultrahonk') return crsSetup(place)
  return system === 'ezkl' ? srsSetup(place) : (place.ceremony?.ptauSha256 ?? devInsecure)
}

export async function artefactsFolder(source: CircuitSource, place: ProverPlace): Promise<string> {
  const setup = await setupOf(source.system, place)
  const what = JSON.stringify([sourceHash(source), compilersOf(source.system), setup])
  return join(place.zkHome, `${source.name}-${sha256Hex(what).slice(0, 16)}`)
}
