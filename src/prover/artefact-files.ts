import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Bytes32, bytes32 } from '../domain/units.ts'
import type { CircuitArtefact } from './circuit-artefacts.ts'

/** What lies in the folder, as `artefact.json` tells it. */
export async function filesIn(folder: string): Promise<CircuitArtefact['files']> {
  const names = (await readdir(folder)).sort()
  const entries = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      return [name, { bytes: (await stat(path)).size, sha256: await fileSha256(path) }] as const
    }),
  )
  return Object.fromEntries(entries)
}

/** A proving key may be larger than what should lie in memory for this. */
export async function fileSha256(path: string): Promise<Bytes32> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(path), digest)
  return bytes32(`0x${digest.digest('hex')}`)
}
