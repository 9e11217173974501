/*
 * A phase-1 file (`.ptau`): whose it is, by its hashes, and what must not be in it.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { ok, type Result } from '../../base/result.ts'
import { type Bytes32, bytes32 } from '../../domain/units.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProverFailure } from '../prover-failure.ts'
import type { ProverPlace } from '../prover-place.ts'
import { loadBn254 } from '../tau/bn254-wasm.ts'
import { devTau } from '../tau/dev-tau.ts'
import { fixedBase } from '../tau/fixed-base.ts'
import { publishedPtau } from './published-ptau.ts'

export type PtauFile = {
  readonly sha256: Bytes32
  /** Undefined for a ceremony that this package does not know: then somebody must have named its sha256. */
  readonly publishedName: string | undefined
}

/** The file is one that was published, or the one that `expected` names; and is not of the development tau. */
export async function checkPtau(
  path: string,
  expected: Bytes32 | undefined,
  place: ProverPlace,
): Promise<Result<PtauFile, ProverFailure>> {
  const sha = createHash('sha256')
  const blake = createHash('blake2b512')
  for await (const chunk of createReadStream(path)) {
    sha.update(chunk as Buffer)
    blake.update(chunk as Buffer)
  }
  const sha256 = bytes32(`0x${sha.digest('hex')}`)
  const publishedName = publishedPtau(blake.digest('hex'))
  if (expected === undefined && publishedName === undefined) {
    const message = `${path} is no file of the Perpetual Powers of Tau that was published. Its sha256 is ${sha256}: where it is of another ceremony that you trust, name that with --sha256`
    return jobFailure('setup_unusable', message)
  }
  if (expected !== undefined && expected !== sha256) {
    return jobFailure('setup_unusable', `${path} has the sha256 ${sha256}, not ${expected}`)
  }
  if (await holdsDevTau(path, place)) {
    return jobFailure('setup_unusable', `${path} is of the tau that everybody knows`)
  }
  return ok({ sha256, publishedName })
}

const headBytes = 12
const sectionHeadBytes = 12
const tauG1Section = 2
const pointBytes = 64

/** Whether [τ]₁ of the file, its second point, is that of the development setup. */
async function holdsDevTau(path: string, place: ProverPlace): Promise<boolean> {
  const file = await open(path)
  try {
    let at = headBytes
    for (;;) {
      const head = Buffer.alloc(sectionHeadBytes)
      const { bytesRead } = await file.read(head, 0, sectionHeadBytes, at)
      if (bytesRead < sectionHeadBytes) return false
      if (head.readUInt32LE(0) === tauG1Section) break
      at += sectionHeadBytes + Number(head.readBigUInt64LE(4))
    }
    const point = Buffer.alloc(pointBytes)
    await file.read(point, 0, pointBytes, at + sectionHeadBytes + pointBytes)
    const wasm = await loadBn254(place)
    return point.equals(fixedBase(wasm, wasm.g1, 1)([devTau]))
  } finally {
    await file.close()
  }
}
