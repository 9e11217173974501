import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../base/hex.ts'
import { ok, type Result } from '../../base/result.ts'
import { sha256Bytes } from '../../base/sha256.ts'
import { bytes32 } from '../../domain/units.ts'
import { devInsecure, type ProofSetup } from '../../proofs/proof.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProverFailure } from '../prover-failure.ts'
import type { ProverPlace } from '../prover-place.ts'
import { knownTau, noCeremonyFile } from '../setup-failure.ts'
import { crsG2File, crsPoints, ensureDevCrs } from '../tau/crs-file.ts'
import { isDevG2File } from '../tau/known-tau.ts'

/**
 * A folder with points for a circuit of so many gates. bb would fetch from the network what it does not find, so that too few
 * points are refused here.
 */
export async function crsFor(
  gates: number,
  { place, report }: JobContext,
): Promise<Result<string, ProverFailure>> {
  const points = 2 ** Math.ceil(Math.log2(gates + rowsOfBb)) + 1
  const mounted = place.ceremony?.crsFolder
  if (mounted === undefined) {
    report('setup')
    return ok(await ensureDevCrs(place, points, (fraction) => report('setup', fraction)))
  }
  const present = crsPoints(mounted)
  if (present >= points) return ok(mounted)
  const found = `${mounted} has ${present} points of G1, this circuit takes ${points}`
  return jobFailure('setup_unusable', found)
}

/** Rows that bb adds for itself: with them a circuit may need the next power of two. */
const rowsOfBb = 16

/** Verifiers hold [τ]₂ and nothing else of the setup: its hash names the ceremony, however many points were mounted. */
export async function crsSetup({
  ceremony,
}: Pick<ProverPlace, 'ceremony'>): Promise<Result<ProofSetup, ProverFailure>> {
  if (ceremony === undefined) return ok(devInsecure)
  const { crsFolder } = ceremony
  if (crsFolder === undefined) return noCeremonyFile('ultrahonk')
  const path = join(crsFolder, crsG2File)
  const g2 = await readFile(path).catch(() => undefined)
  if (g2 === undefined) return jobFailure('setup_unusable', `${path} cannot be read`)
  return isDevG2File(g2) ? knownTau(path) : ok(bytes32(toHex(sha256Bytes(g2))))
}
