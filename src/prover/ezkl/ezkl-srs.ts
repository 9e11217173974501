import { open, readFile } from 'node:fs/promises'
import { ok, type Result } from '../../base/result.ts'
import { devInsecure, type ProofSetup } from '../../proofs/proof.ts'
import { fileSha256 } from '../artefact-files.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProverFailure } from '../prover-failure.ts'
import type { ProverPlace } from '../prover-place.ts'
import { knownTau, noCeremonyFile } from '../setup-failure.ts'
import { isDevSrsEnd, srsEndBytes } from '../tau/known-tau.ts'
import { ensureDevSrs } from '../tau/srs-file.ts'

/** The parameters for a table of 2^logrows rows: those of the ceremony's file must be of that size already. */
export async function srsFor(
  logrows: number,
  { place, report }: JobContext,
): Promise<Result<Buffer, ProverFailure>> {
  report('setup')
  const path = place.ceremony?.ezklSrs ?? (await ensureDevSrs(place, logrows))
  const srs = await readFile(path)
  const found = srs.readUInt32LE(0)
  if (found === logrows) return ok(srs)
  return jobFailure(
    'setup_unusable',
    `${path} is for 2^${found} rows, this circuit has 2^${logrows}`,
  )
}

export async function srsSetup({
  ceremony,
}: Pick<ProverPlace, 'ceremony'>): Promise<Result<ProofSetup, ProverFailure>> {
  if (ceremony === undefined) return ok(devInsecure)
  const { ezklSrs } = ceremony
  if (ezklSrs === undefined) return noCeremonyFile('ezkl')
  const end = await endOf(ezklSrs).catch(() => undefined)
  if (end === undefined) return jobFailure('setup_unusable', `${ezklSrs} cannot be read`)
  return isDevSrsEnd(end) ? knownTau(ezklSrs) : ok(await fileSha256(ezklSrs))
}

async function endOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const end = Buffer.alloc(srsEndBytes)
    await file.read(end, 0, srsEndBytes, Math.max(0, size - srsEndBytes))
    return end
  } finally {
    await file.close()
  }
}
