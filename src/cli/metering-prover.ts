import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { toHex } from '../base/hex.ts'
import { devInsecure, type Proof } from '../proofs/proof.ts'
import type { CircuitArtefacts } from '../prover/circuit-artefacts.ts'
import type { CircuitSource } from '../prover/circuit-source.ts'
import type { JobOptions } from '../prover/job-bounds.ts'
import { buildCircuit, type CircuitInputs, prove } from '../prover/prover.ts'
import { defaultProverPlace, type ProverPlace } from '../prover/prover-place.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure, type Terminal } from './command.ts'

/** As parseArgs reads them: options of every kind of proof. */
export const proverOptions = {
  gateway: { type: 'string' },
  out: { type: 'string' },
  provers: { type: 'string' },
  'zk-home': { type: 'string' },
} as const

export const proverPlaceOf = (said: {
  readonly provers?: string | undefined
  readonly 'zk-home'?: string | undefined
}): ProverPlace => ({
  ...defaultProverPlace,
  ...(said.provers === undefined ? {} : { proversFolder: resolve(said.provers) }),
  ...(said['zk-home'] === undefined ? {} : { zkHome: resolve(said['zk-home']) }),
})

/** A circuit with its keys, and the prover of it that tells a person how far it is. */
export type MeteringProver = {
  readonly artefacts: CircuitArtefacts
  readonly verificationKey: Uint8Array
  /** Throws CommandFailure. `label` says which proof this is. */
  readonly prove: (label: string, inputs: CircuitInputs) => Promise<Proof>
}

/** Builds the circuit where it was not built yet. Throws CommandFailure. */
export async function meteringProver(
  source: CircuitSource,
  { place, terminal }: { readonly place: ProverPlace; readonly terminal: Terminal },
): Promise<MeteringProver> {
  const built = await buildCircuit(source, telling(source.name, place, terminal))
  if (!built.ok) throw new CommandFailure(built.error.message)
  const artefacts = built.value
  if (artefacts.artefact.setup === devInsecure) {
    terminal.printError('dev-insecure: the keys come from a number that everybody knows; a')
    terminal.printError('proof by them convinces nobody outside a development chain')
  }
  const verificationKey = await readFile(join(artefacts.folder, 'vk'))
  return {
    artefacts,
    verificationKey,
    prove: async (label, inputs) => {
      const proof = await prove({ artefacts, inputs }, telling(label, place, terminal))
      if (!proof.ok) throw new CommandFailure(`${label}: ${proof.error.message}`)
      return { ...proof.value, verificationKey: toHex(verificationKey) }
    },
  }
}

/** A line when a stage begins: the stages themselves can take minutes. */
function telling(label: string, place: ProverPlace, { printError }: Terminal): JobOptions {
  let told = ''
  return {
    place,
    onProgress: ({ stage, elapsedMs }) => {
      if (stage === told) return
      told = stage
      printError(`${label}: ${stage} (${Math.round(elapsedMs / 1000)} s)`)
    },
  }
}

/** To the file that was named, or to standard output. */
export function writeProof(document: object, out: string | undefined, terminal: Terminal): void {
  const text = JSON.stringify(document, null, 2)
  if (out === undefined) terminal.print(text)
  else {
    writeDurably(out, `${text}\n`)
    terminal.printError(`written to ${out}`)
  }
}
