/*
 * What a circuit is built from: its files as plain data, so that the same source gives the same hash on every machine, whether
 * it lies in this package's circuits/ or was written by a program a moment ago.
 */

import { assert } from '../base/assert.ts'
import { sha256Hex } from '../base/sha256.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'
import type { ProofSystem } from '../proofs/proof.ts'

export type CircuitSource = {
  /** Lower case, digits, hyphens and dots: it names the artefacts' folder and stands in every proof. */
  readonly name: string
  readonly system: ProofSystem
  /**
   * Content by path, relative to one root, with `/` between: `.circom` files for groth16 (circomlib is found by itself), a Noir
   * package and the packages that it names by path for ultrahonk, `model.compiled` and `settings.json` for ezkl.
   */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  /** The `.circom` file with `component main`, the folder with `Nargo.toml` (`.` is the root), or `model.compiled`. */
  readonly entry: string
  /**
   * groth16: how hard circom simplifies. 2 (the default) also eliminates linear constraints by substitution: cheaper proofs;
   * 1 compiles large dense circuits in a fraction of the time, and keeps their rows short.
   */
  readonly circomOptimization?: 1 | 2
  /**
   * ultrahonk: its proofs are verified inside another circuit, which is cheap with another hash function than contracts need.
   * Without zero knowledge, since nobody sees them.
   */
  readonly recursive?: true
}

const namePattern = /^[a-z0-9][a-z0-9.-]{0,99}$/
const pathPattern = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.-]+(?:\/[\w.-]+)*$/

/** Of names, paths and contents in the order of their paths, each with its length before it. */
export const circomOptimizationOf = (source: CircuitSource): 1 | 2 => source.circomOptimization ?? 2

export function sourceHash(source: CircuitSource): Bytes32 {
  const { name, system, files, entry } = source
  assert(namePattern.test(name), 'a circuit has a name of lower-case letters, digits, - and .')
  const lines = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => {
      assert(pathPattern.test(path), 'a source file lies under its root')
      return `${path} ${sha256Hex(content)}\n`
    })
  const flavour = source.recursive ? ' recursive' : ''
  const head = `${system} ${name} ${entry} O${circomOptimizationOf(source)}${flavour}\n`
  return bytes32(`0x${sha256Hex(`${head}${lines.join('')}`)}`)
}
