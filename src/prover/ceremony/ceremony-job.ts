/*
 * The second phase of groth16, circuit by circuit, on a phase-1 file that the world made:
 *
 *   setup       source + phase 1 → zkey 0           whoever makes it knows nothing that others do not
 *   contribute  zkey n → zkey n + 1                 each destroys a secret; one honest one is enough
 *   beacon      zkey n → the last zkey              randomness that nobody could know before a moment named in advance
 *   export      source + phase 1 + the last zkey → artefacts, after all of it was checked
 */
import { randomBytes } from 'node:crypto'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import { keccak256 } from '../../chain/keccak.ts'
import type { Bytes32 } from '../../domain/units.ts'
import { readGroth16Key } from '../../proofs/verify-groth16.ts'
import { filesIn } from '../artefact-files.ts'
import type { CircuitArtefact } from '../circuit-artefacts.ts'
import { compilersOf } from '../circuit-place.ts'
import { compileCircom } from '../groth16/compile-circom.ts'
import { readR1cs } from '../groth16/read-r1cs.ts'
import { verificationKeyOf } from '../groth16/zkey-format.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { CeremonyJob, CeremonyStep } from '../job-protocol.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers, requireFrom } from '../prover-place.ts'
import { checkPtau, type PtauFile } from './ptau-file.ts'

export type CeremonyReport = {
  /** Lines for a person: hashes to publish, in the order in which they came to be. */
  readonly lines: readonly string[]
  readonly artefact?: CircuitArtefact
}

type Logger = Readonly<Record<'info' | 'error' | 'warn' | 'debug', (line: string) => void>>

type SnarkjsKeys = {
  readonly newZKey: (r1cs: string, ptau: string, out: string, log: Logger) => Promise<unknown>
  readonly contribute: (
    from: string,
    to: string,
    name: string,
    entropy: string,
  ) => Promise<Uint8Array>
  readonly beacon: (
    from: string,
    to: string,
    name: string,
    beacon: string,
    iterations: number,
    log: Logger,
  ) => Promise<Uint8Array | false>
  readonly verifyFromInit: (
    init: string,
    ptau: string,
    zkey: string,
    log: Logger,
  ) => Promise<boolean>
}

const entropyBytes = 64

export async function ceremonyJob(
  job: CeremonyJob,
  context: JobContext,
): Promise<Result<CeremonyReport, ProverFailure>> {
  const provers = findProvers(context.place, ['snarkjs'])
  if (!provers.ok) return provers
  const { zKey } = requireFrom(context.place)('snarkjs') as { readonly zKey: SnarkjsKeys }
  context.report('keys')
  switch (job.step.kind) {
    case 'contribute': {
      const { from, to, contributor } = job.step
      const entropy = randomBytes(entropyBytes).toString('hex')
      const hash = await zKey.contribute(from, to, contributor, entropy)
      return ok({ lines: [`contribution of ${contributor}: ${hexOfHash(hash)}`] })
    }
    case 'beacon': {
      const { from, to, beacon, iterationsExponent } = job.step
      const { log, lines } = collectingLogger()
      const hash = await zKey.beacon(from, to, 'beacon', beacon, iterationsExponent, log)
      if (hash === false) return jobFailure('setup_unusable', lines.join('; '))
      return ok({ lines: [`beacon ${beacon}, 2^${iterationsExponent} hashes: ${hexOfHash(hash)}`] })
    }
    default:
      return keysOfSource(job, job.step, { context, zKey })
  }
}

/** The steps that begin with the source and the phase-1 file. */
async function keysOfSource(
  job: CeremonyJob,
  step: Extract<CeremonyStep, { readonly ptau: string }>,
  { context, zKey }: { readonly context: JobContext; readonly zKey: SnarkjsKeys },
): Promise<Result<CeremonyReport, ProverFailure>> {
  const { outFolder, workFolder } = job
  const ptau = await checkPtau(step.ptau, step.ptauSha256, context.place)
  if (!ptau.ok) return ptau
  const compiled = await compileCircom(job, context)
  if (!compiled.ok) return compiled
  context.report('keys')
  const r1csFile = join(outFolder, 'circuit.r1cs')
  const start = step.kind === 'setup' ? step.to : join(workFolder, 'start.zkey')
  const { log, lines } = collectingLogger()
  const made = await zKey.newZKey(r1csFile, step.ptau, start, log)
  if (made === -1) return jobFailure('setup_unusable', lines.join('; '))
  const head = [namedPtau(ptau.value), `circuit: ${hexOfHash(made as Uint8Array)}`]
  if (step.kind === 'setup') return ok({ lines: head })

  const zkey = step.zkey
  const checked = await checkKeys({ start, ptau: step.ptau, zkey }, zKey)
  if (!checked.ok) return checked
  await copyFile(zkey, join(outFolder, 'pk'))
  await writeFile(join(outFolder, 'vk'), checked.value.vk)
  const artefact = await artefactOf(job, ptau.value.sha256)
  if (!artefact.ok) return artefact
  const text = `${JSON.stringify(artefact.value, null, 2)}\n`
  await writeFile(join(outFolder, 'artefact.json'), text)
  const tail = `verification key: ${artefact.value.vkHash}`
  return ok({ lines: [...head, ...checked.value.lines, tail], artefact: artefact.value })
}

/** Whether the key follows from the source and phase 1 by the contributions that it lists, at least one. */
async function checkKeys(
  files: { readonly start: string; readonly ptau: string; readonly zkey: string },
  zKey: SnarkjsKeys,
): Promise<Result<{ readonly vk: Buffer; readonly lines: readonly string[] }, ProverFailure>> {
  const wrong = (detail: string) => jobFailure('setup_unusable', `${files.zkey}: ${detail}`)
  const { log, lines } = collectingLogger()
  const follows = await zKey.verifyFromInit(files.start, files.ptau, files.zkey, log)
  if (!follows) return wrong(lines.at(-1) ?? 'its contributions do not hold')
  const vk = verificationKeyOf(await readFile(files.zkey))
  if (!vk.ok) return wrong(vk.error)
  // A key without a contribution has γ = δ: whoever sees it can prove anything.
  const key = readGroth16Key(vk.value)
  if (!key.ok) return wrong(key.error.detail)
  return ok({ vk: vk.value, lines: lines.filter((line) => line.includes('contribution')) })
}

async function artefactOf(
  { name, sourceSha256, outFolder }: CeremonyJob,
  setup: Bytes32,
): Promise<Result<CircuitArtefact, ProverFailure>> {
  const r1cs = readR1cs(await readFile(join(outFolder, 'circuit.r1cs')))
  if (!r1cs.ok) return jobFailure('source_refused', r1cs.error)
  return ok({
    object: 'vouch.circuit',
    name,
    system: 'groth16',
    sourceSha256,
    compiler: compilersOf('groth16'),
    setup,
    vkHash: keccak256(await readFile(join(outFolder, 'vk'))),
    constraints: r1cs.value.constraints,
    publicInputs: r1cs.value.publicWires,
    files: await filesIn(outFolder),
  })
}

const namedPtau = ({ sha256, publishedName }: PtauFile): string =>
  `phase 1: ${publishedName ?? 'named by you'}, sha256 ${sha256}`

const hexOfHash = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')

function collectingLogger(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const add = (line: string): void => {
    lines.push(line.replaceAll(/\s+/g, ' ').trim())
  }
  return { log: { info: add, error: add, warn: add, debug: () => undefined }, lines }
}
