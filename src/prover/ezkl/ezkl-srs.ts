import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ok, type Result } from '../../base/result.ts'
import { bytes32 } from '../../domain/units.ts'
import { devInsecure, type ProofSetup } from '../../proofs/proof.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProverFailure } from '../prover-failure.ts'
import type { ProverPlace } from '../prover-place.ts'
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

export async function srsSetup({ ceremony }: ProverPlace): Promise<ProofSetup> {
  if (ceremony?.ezklSrs === undefined) return devInsecure
  const digest = createHash('sha256')
  await pipeline(createReadStream(ceremony.ezklSrs), digest)
  return bytes32(`0x${digest.digest('hex')}`)
}
