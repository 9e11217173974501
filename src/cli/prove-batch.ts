/*
 * `vouch prove batch`: a signed batch in, a batch proof out, by Groth16 (circuits/circom/batch16). The provers run in processes of
 * their own; keys that are not there yet are made of the setup at hand, and say which it was.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { toHex } from '../base/hex.ts'
import { batchProofText, parseSignedBatch } from '../client/batch-documents.ts'
import { batchInputs } from '../proofs/batch-inputs.ts'
import { type BatchProof, verifyBatchProof } from '../proofs/batch-proof.ts'
import { devInsecure } from '../proofs/proof.ts'
import { checkSignedBatch, type SignedBatch } from '../proofs/signed-batch.ts'
import { buildCircuit, prove } from '../prover/prover.ts'
import { defaultProverPlace, type ProverPlace } from '../prover/prover-place.ts'
import { readCircuits } from '../prover/read-circuit.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure, type Terminal, terminal } from './command.ts'
import { codeOf, describeShapeFault } from './read-trust.ts'

/** The lines of `vouch prove --help` that are about batches. */
export const proveBatchHelp = `  batch BATCH.json       up to 16 receipts that their contributor signed once more as a batch
                         ('vouch contributor sign-usage'), by Groth16: cheap on chain`

/** `argv` is what stands behind `vouch prove batch`. */
export async function proveBatch(argv: readonly string[]): Promise<number> {
  const { batchFile, out, place } = parseOptions(argv)
  const batch = await readBatch(batchFile)
  const document = await proveSigned(batch, place, terminal)
  const text = batchProofText(document)
  if (out === undefined) terminal.print(text.trimEnd())
  else writeDurably(out, text)
  return 0
}

function parseOptions(argv: readonly string[]): {
  readonly batchFile: string
  readonly out: string | undefined
  readonly place: ProverPlace
} {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      provers: { type: 'string' },
      'zk-home': { type: 'string' },
    },
  })
  const [batchFile, unexpected] = positionals
  if (batchFile === undefined) throw new CommandFailure('which batch? Give its file', 2)
  if (unexpected !== undefined) throw new CommandFailure(`unexpected '${unexpected}'`, 2)
  const { provers, 'zk-home': zkHome } = values
  return {
    batchFile,
    out: values.out,
    place: {
      ...defaultProverPlace,
      ...(provers === undefined ? {} : { proversFolder: resolve(provers) }),
      ...(zkHome === undefined ? {} : { zkHome: resolve(zkHome) }),
    },
  }
}

async function readBatch(path: string): Promise<SignedBatch> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
  const batch = parseSignedBatch(bytes)
  if (!batch.ok) {
    const [fault] = batch.error
    const what = fault === undefined ? 'it' : describeShapeFault(fault)
    throw new CommandFailure(`${path} is no signed batch: ${what}`)
  }
  const checked = checkSignedBatch(batch.value)
  if (checked.ok) return batch.value
  throw new CommandFailure(`${path} cannot be proved: ${checked.error.replaceAll('_', ' ')}`)
}

async function proveSigned(
  batch: SignedBatch,
  place: ProverPlace,
  { printError }: Terminal,
): Promise<BatchProof> {
  const circuits = readCircuits(resolve(import.meta.dirname, '../../circuits'))
  const source = circuits.find(({ name }) => name === 'batch16')
  if (source === undefined) throw new CommandFailure('circuits/circom/batch16.circom is not there')
  let shown: string | undefined
  const options = {
    place,
    onProgress: ({ stage }: { readonly stage: string }) => {
      if (stage !== shown) printError(`${stage} …`)
      shown = stage
    },
  }
  const built = await buildCircuit(source, options)
  if (!built.ok) throw new CommandFailure(built.error.message)
  const artefacts = built.value
  if (artefacts.artefact.setup === devInsecure) {
    printError('DEV-INSECURE keys: anybody can forge proofs of them')
  }
  const proof = await prove({ artefacts, inputs: batchInputs(batch) }, options)
  if (!proof.ok) throw new CommandFailure(proof.error.message)
  const verificationKey = await readFile(join(artefacts.folder, 'vk'))
  const document: BatchProof = {
    object: 'vouch.batch-proof',
    statement: batch.statement,
    endorsement: batch.endorsement,
    proof: { ...proof.value, verificationKey: toHex(verificationKey) },
  }
  const verified = verifyBatchProof(document, { vkHash: artefacts.artefact.vkHash })
  if (!verified.ok) throw new CommandFailure(verified.error.detail)
  return document
}
