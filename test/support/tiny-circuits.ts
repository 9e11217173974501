import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import type { CircuitSource } from '../../src/prover/circuit-source.ts'
import { buildCircuit } from '../../src/prover/prover.ts'
import { defaultProverPlace, type ProverPlace } from '../../src/prover/prover-place.ts'
import { expectOk } from './dev-chain.ts'

/** "I know x and a y of 32 bits with x·y = product", y and the product being public. */
export const tinyCircom: CircuitSource = {
  name: 'tiny',
  system: 'groth16',
  entry: 'tiny.circom',
  files: {
    'tiny.circom': `pragma circom 2.1.6;
include "bitify.circom";
template Tiny() {
    signal input x;
    signal input y;
    signal output product;
    component bits = Num2Bits(32);
    bits.in <== y;
    product <== x * y;
}
component main {public [y]} = Tiny();
`,
  },
}

/** The same statement, the product being an input. */
export const tinyNoir: CircuitSource = {
  name: 'tiny',
  system: 'ultrahonk',
  entry: '.',
  files: {
    'Nargo.toml': '[package]\nname = "tiny"\ntype = "bin"\nauthors = [""]\n\n[dependencies]\n',
    'src/main.nr':
      'fn main(x: Field, y: pub u32, product: pub Field) {\n    assert(x * (y as Field) == product);\n}\n',
  },
}

export type ZkPlace = { readonly place: ProverPlace; readonly remove: () => void }

/** Setups and artefacts in a folder that goes with `remove`. */
export function temporaryZkPlace(): ZkPlace {
  const zkHome = mkdtempSync(join(tmpdir(), 'vouch-zk-'))
  return {
    place: { ...defaultProverPlace, zkHome },
    remove: () => rmSync(zkHome, { recursive: true, force: true }),
  }
}

export const built = async (source: CircuitSource, place: ProverPlace): Promise<CircuitArtefacts> =>
  expectOk(await buildCircuit(source, { place }))
