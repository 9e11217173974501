import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, hexDigits, toHex } from '../../base/hex.ts'
import { ok, type Result } from '../../base/result.ts'
import { type Bytes32, bytes32 } from '../../domain/units.ts'

import type { Proof } from '../../proofs/proof.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { CheckJob, ProveJob } from '../job-protocol.ts'
import type { MadeProof } from '../prove-job.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { clamped, clampedText, loadEzkl } from './ezkl-engine.ts'
import { readEzklSettings } from './ezkl-settings.ts'
import { srsFor } from './ezkl-srs.ts'

/** ezkl's proof file; field elements are hex digits, little-endian. */
type EzklProof = {
  readonly instances: readonly (readonly string[])[]
  readonly proof: readonly number[]
}

export async function proveEzkl(
  { folder, inputs }: ProveJob,
  context: JobContext,
): Promise<Result<MadeProof, ProverFailure>> {
  const engine = loadEzkl(context.place)
  if (!engine.ok) return engine
  const srs = await srsOf(folder, context)
  if (!srs.ok) return srs
  const circuit = clamped(await readFile(join(folder, 'model.compiled')))
  const witness = witnessOf(() =>
    engine.value.genWitness(circuit, clampedText(JSON.stringify(inputs))),
  )
  if (!witness.ok) return witness
  context.report('proving')
  const pk = clamped(await readFile(join(folder, 'pk')))
  const made = engine.value.prove(clamped(witness.value), pk, circuit, clamped(srs.value))
  const { instances, proof } = JSON.parse(Buffer.from(made).toString()) as EzklProof
  return ok({ proof: toHex(Uint8Array.from(proof)), publicInputs: instances.flat().map(bigEndian) })

  function witnessOf(work: () => Uint8Array): Result<Uint8Array, ProverFailure> {
    context.report('witness')
    try {
      return ok(work())
    } catch {
      // What was thrown may quote an input.
      return jobFailure('inputs_refused', 'the inputs do not satisfy the circuit')
    }
  }
}

/** Whether ezkl's own verifier takes the proof. */
export async function checkEzkl(
  { folder, proof }: CheckJob | { readonly folder: string; readonly proof: Proof },
  context: JobContext,
): Promise<Result<boolean, ProverFailure>> {
  const engine = loadEzkl(context.place)
  if (!engine.ok) return engine
  const srs = await srsOf(folder, context)
  if (!srs.ok) return srs
  const vk = clamped(await readFile(join(folder, 'vk')))
  const settings = clamped(await readFile(join(folder, 'settings.json')))
  const file = {
    instances: [proof.publicInputs.map(littleEndian)],
    proof: [...fromHex(proof.proof)],
    hex_proof: proof.proof,
    transcript_type: 'EVM',
  }
  try {
    const bytes = clampedText(JSON.stringify(file))
    return ok(engine.value.verify(bytes, vk, settings, clamped(srs.value)))
  } catch {
    // The engine throws for a proof that does not hold.
    return ok(false)
  }
}

async function srsOf(folder: string, context: JobContext): Promise<Result<Buffer, ProverFailure>> {
  const settings = readEzklSettings(await readFile(join(folder, 'settings.json'), 'utf8'))
  if (!settings.ok) return jobFailure('artefacts_damaged', settings.error)
  return srsFor(settings.value.logrows, context)
}

const bigEndian = (digits: string): Bytes32 => bytes32(toHex(Buffer.from(digits, 'hex').reverse()))

const littleEndian = (word: Bytes32): string => hexDigits(fromHex(word).reverse())
