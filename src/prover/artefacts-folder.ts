import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import type { CircuitArtefact, CircuitArtefacts } from './circuit-artefacts.ts'
import { jobFailure } from './job-failure.ts'
import type { ProverFailure } from './prover-failure.ts'

/** Of a folder that was built: here, or by who publishes a circuit. Its files are checked when they are used. */
export async function openArtefacts(
  folder: string,
): Promise<Result<CircuitArtefacts, ProverFailure>> {
  try {
    const text = await readFile(join(folder, 'artefact.json'), 'utf8')
    const artefact = JSON.parse(text) as CircuitArtefact
    if (artefact.object === 'vouch.circuit') return ok({ folder, artefact })
  } catch {
    // Told below: whatever it is that cannot be read, it is no artefact.
  }
  return jobFailure('artefacts_damaged', `${folder} has no artefact.json of a circuit`)
}

/** What `fill` leaves in an empty folder becomes `folder` when it has ended well, and is there as a whole or not at all. */
export async function fillFolder(
  folder: string,
  fill: (outFolder: string) => Promise<Result<unknown, ProverFailure>>,
): Promise<Result<CircuitArtefacts, ProverFailure>> {
  const outFolder = join(dirname(folder), `unfinished-${randomBytes(8).toString('hex')}`)
  await mkdir(outFolder, { recursive: true })
  try {
    const filled = await fill(outFolder)
    if (!filled.ok) return filled
    // Another process may have made the same meanwhile: its folder is as good, and rename takes no folder's place.
    await rename(outFolder, folder).catch(() => undefined)
    return await openArtefacts(folder)
  } finally {
    await rm(outFolder, { recursive: true, force: true })
  }
}
