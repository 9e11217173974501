import { readFileSync } from 'node:fs'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { CircuitSource } from '../../src/prover/circuit-source.ts'
import type { CircuitInputs } from '../../src/prover/prover.ts'

/*
 * Circuits that between them use every gate of UltraHonk, and one for Groth16, with inputs that satisfy them. Their proofs are
 * the fixtures of tests that have no prover.
 */
export type ProofCircuit = { readonly source: CircuitSource; readonly inputs: CircuitInputs }

const sourceFile = (name: string): string =>
  readFileSync(new URL(`../fixtures/proofs/circuits/${name}`, import.meta.url), 'utf8')

function noir(name: string, inputs: CircuitInputs): ProofCircuit {
  const manifest = `[package]\nname = "${name}"\ntype = "bin"\nauthors = [""]\n\n[dependencies]\n`
  const files = { 'Nargo.toml': manifest, 'src/main.nr': sourceFile(`${name}.nr`) }
  return { source: { name, system: 'ultrahonk', entry: '.', files }, inputs }
}

function signatureInputs(): CircuitInputs {
  const privateKey = new Uint8Array(32).fill(7)
  const hash = new Uint8Array(32).fill(9)
  const publicKey = secp256k1.getPublicKey(privateKey, false)
  return {
    hash: [...hash],
    x: [...publicKey.subarray(1, 33)],
    y: [...publicKey.subarray(33)],
    signature: [...secp256k1.sign(hash, privateKey, { prehash: false, lowS: true })],
  }
}

export const proofCircuits: readonly ProofCircuit[] = [
  noir('product', { product: 6, a: 2, b: 3 }),
  noir('lookups', { total: 360, mask: 9, values: [10, 20, 30, 40, 50, 60, 70, 80], at: 3 }),
  noir('poseidon2', { other: 6, leaf: 1, siblings: [2, 3, 4, 5] }),
  noir('grumpkin', { other: 6, secret: 7919 }),
  noir('secp256k1', signatureInputs()),
  {
    source: {
      ...{ name: 'squares', system: 'groth16', entry: 'squares.circom' },
      files: { 'squares.circom': sourceFile('squares.circom') },
    },
    inputs: { sum: 25, tag: 7, a: 3, b: 4 },
  },
]
