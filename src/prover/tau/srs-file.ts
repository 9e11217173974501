/*
 * halo2's `ParamsKZG` as ezkl reads it: k (u32), [τⁱ]₁ for i < 2^k, [Lᵢ(τ)]₁ of the Lagrange basis, [1]₂, [τ]₂; points are affine,
 * little-endian in Montgomery's form. halo2 has its roots of unity from the generator 7, circom's tools from 5: the same points
 * in another order.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProverPlace } from '../prover-place.ts'
import { loadBn254 } from './bn254-wasm.ts'
import { devSetupFolder } from './crs-file.ts'
import { devTau, lagrangeAtTau, tauPowers } from './dev-tau.ts'
import { fixedBase } from './fixed-base.ts'

/** The file of the development setup for 2^k rows, made where it is not there yet. */
export async function ensureDevSrs(place: ProverPlace, k: number): Promise<string> {
  const folder = join(devSetupFolder(place), 'ezkl')
  const path = join(folder, `kzg${k}.srs`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const wasm = await loadBn254(place)
  const rows = 2 ** k
  const g1 = fixedBase(wasm, wasm.g1, 2 * rows)
  const g2 = fixedBase(wasm, wasm.g2, 2)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(k)
  const unfinished = `${path}.${process.pid}`
  const parts = [
    head,
    g1(tauPowers({ count: rows })),
    g1(lagrangeAtTau({ k, generator: 7n })),
    g2([1n, devTau]),
  ]
  writeFileSync(unfinished, Buffer.concat(parts))
  renameSync(unfinished, path)
  return path
}
