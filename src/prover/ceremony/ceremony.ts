/*
 * What an operator does to get keys of groth16 from a ceremony, and what anybody does to check them (docs/zk-setup.md). Each step
 * is a job of its own, as a proof is.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import { type Bytes32, zeroBytes32 } from '../../domain/units.ts'
import { fileSha256 } from '../artefact-files.ts'
import { fillFolder, openArtefacts } from '../artefacts-folder.ts'
import type { CircuitArtefact, CircuitArtefacts } from '../circuit-artefacts.ts'
import { artefactsFolder } from '../circuit-place.ts'
import { type CircuitSource, circomOptimizationOf, sourceHash } from '../circuit-source.ts'
import type { JobOptions } from '../job-bounds.ts'
import { jobFailure } from '../job-failure.ts'
import type { CeremonyStep } from '../job-protocol.ts'
import { buildCircuit } from '../prover.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { defaultProverPlace } from '../prover-place.ts'
import { runJob } from '../run-job.ts'
import { writeSource } from '../write-source.ts'
import type { CeremonyReport } from './ceremony-job.ts'

export type PhaseOne = {
  readonly ptau: string
  /** Of a ceremony other than those whose hashes this package knows. */
  readonly ptauSha256?: Bytes32 | undefined
}

type Reported = Promise<Result<CeremonyReport, ProverFailure>>

/** Writes zkey 0 of a circuit to the path `to`. */
export const startKeys = (
  source: CircuitSource,
  { ptau, ptauSha256, to }: PhaseOne & { readonly to: string },
  options: JobOptions = {},
): Reported =>
  inTemporaryFolder((outFolder) => {
    const step = { kind: 'setup', ptau: resolve(ptau), ptauSha256, to: resolve(to) } as const
    return runStep({ source, outFolder, step }, options)
  })

export const contributeToKeys = (
  terms: { readonly from: string; readonly to: string; readonly contributor: string },
  options: JobOptions = {},
): Reported => {
  const { from, to, contributor } = terms
  const step = { kind: 'contribute', from: resolve(from), to: resolve(to), contributor } as const
  return runStep({ source: undefined, outFolder: '', step }, options)
}

export const finishKeys = (
  terms: {
    readonly from: string
    readonly to: string
    readonly beacon: string
    readonly iterationsExponent: number
  },
  options: JobOptions = {},
): Reported => {
  const { from, to, beacon, iterationsExponent } = terms
  const paths = { from: resolve(from), to: resolve(to) }
  const step = { kind: 'beacon', ...paths, beacon, iterationsExponent } as const
  return runStep({ source: undefined, outFolder: '', step }, options)
}

export type ExportedKeys = { readonly artefacts: CircuitArtefacts; readonly report: CeremonyReport }

/** The artefacts that `buildCircuit` and `prove` take in a place whose ceremony is this phase 1. */
export async function exportKeys(
  source: CircuitSource,
  { zkey, ptau, ptauSha256 }: PhaseOne & { readonly zkey: string },
  options: JobOptions = {},
): Promise<Result<ExportedKeys, ProverFailure>> {
  const { place = defaultProverPlace } = options
  const setup = await fileSha256(ptau)
  const folder = artefactsFolder(source, { zkHome: place.zkHome, setup })
  const paths = { ptau: resolve(ptau), zkey: resolve(zkey) }
  let report: CeremonyReport = { lines: [] }
  const kept = await fillFolder(folder, async (outFolder) => {
    const step = { kind: 'export', ...paths, ptauSha256 } as const
    const exported = await runStep({ source, outFolder, step }, options)
    if (exported.ok) report = exported.value
    return exported
  })
  return kept.ok ? ok({ artefacts: kept.value, report }) : kept
}

/**
 * Whether artefacts that somebody published follow from the source: the same keys, byte for byte, of the same setup. `phaseOne` is
 * needed for groth16 alone; the others' ceremony files are the place's.
 */
export async function reproduceKeys(
  source: CircuitSource,
  { folder, phaseOne }: { readonly folder: string; readonly phaseOne: PhaseOne | undefined },
  options: JobOptions = {},
): Promise<Result<CeremonyReport, ProverFailure>> {
  const { place = defaultProverPlace } = options
  const published = await openArtefacts(folder)
  if (!published.ok) return published
  const zkHome = await mkdtemp(join(tmpdir(), 'vouch-zk-verify-'))
  const elsewhere = { ...options, place: { ...place, zkHome } }
  try {
    const made = await makeAgain(source, { folder, phaseOne }, elsewhere)
    if (!made.ok) return made
    const { artefacts, report } = made.value
    const difference = differenceOf(published.value.artefact, artefacts.artefact)
    return difference === undefined ? ok(report) : jobFailure('artefacts_damaged', difference)
  } finally {
    await rm(zkHome, { recursive: true, force: true })
  }
}

async function makeAgain(
  source: CircuitSource,
  { folder, phaseOne }: { readonly folder: string; readonly phaseOne: PhaseOne | undefined },
  options: JobOptions,
): Promise<Result<ExportedKeys, ProverFailure>> {
  if (source.system === 'groth16' && phaseOne !== undefined) {
    return exportKeys(source, { ...phaseOne, zkey: join(folder, 'pk') }, options)
  }
  const built = await buildCircuit(source, options)
  return built.ok ? ok({ artefacts: built.value, report: { lines: [] } }) : built
}

/** What is different, in words; the names of folders and the order of members do not count. */
function differenceOf(published: CircuitArtefact, made: CircuitArtefact): string | undefined {
  const members = ['name', 'system', 'sourceSha256', 'setup', 'vkHash'] as const
  for (const member of members) {
    if (published[member] !== made[member]) {
      return `${member} is published as ${published[member]}, the source gives ${made[member]}`
    }
  }
  for (const [name, { sha256 }] of Object.entries(made.files)) {
    const found = published.files[name]?.sha256
    if (found !== sha256) return `${name} is published as ${found}, the source gives ${sha256}`
  }
  return undefined
}

async function runStep(
  terms: {
    readonly source: CircuitSource | undefined
    readonly outFolder: string
    readonly step: CeremonyStep
  },
  options: JobOptions,
): Reported {
  const { place = defaultProverPlace } = options
  const { source, outFolder, step } = terms
  return runJob<'ceremony'>(async (workFolder) => {
    if (source !== undefined) await writeSource(join(workFolder, 'source'), source)
    return {
      ...{ kind: 'ceremony', place, workFolder, outFolder, step },
      name: source?.name ?? '',
      entry: source?.entry ?? '',
      circomOptimization: source === undefined ? 2 : circomOptimizationOf(source),
      sourceSha256: source === undefined ? zeroBytes32 : sourceHash(source),
    }
  }, options)
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vouch-zk-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
