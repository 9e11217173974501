/*
 * ezkl from the command line: an ONNX model as a circuit, by ezkl's own compiler where its Python package is installed and by our
 * writer of dense models where it is not, and the contract that verifies its proofs.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import { ezklSourceOf } from '../model-deployment/model-circuit.ts'
import { prepareModel } from '../model-deployment/prepare-model.ts'
import { readSample, type Sample, sampleBytesMax } from '../model-deployment/read-sample.ts'
import { modelBytesMax } from '../provable/limits.ts'
import { openArtefacts } from '../prover/artefacts-folder.ts'
import type { CircuitSource } from '../prover/circuit-source.ts'
import {
  compileWithPython,
  ezklVerifierSource,
  findPythonEzkl,
} from '../prover/ezkl/python-ezkl.ts'
import type { ProverFailure } from '../prover/prover-failure.ts'
import type { ProverPlace } from '../prover/prover-place.ts'
import { CommandFailure } from './command.ts'
import { readGivenFile } from './read-given-file.ts'

type Told = Promise<Result<readonly string[], ProverFailure>>

/** Says which of the two wrote it, and why. */
export async function compileForEzkl(
  [path, folder]: readonly [string, string],
  { place, samplePath }: { readonly place: ProverPlace; readonly samplePath: string },
): Told {
  const name = basename(path)
    .replace(/\.onnx$/i, '')
    .toLowerCase()
  const onnx = await readGivenFile(path, modelBytesMax)
  const sample = readSample((await readGivenFile(samplePath, sampleBytesMax)).toString('utf8'))
  if (!sample.ok) throw new CommandFailure(`${samplePath}: ${sample.error}`)
  const python = await findPythonEzkl(place)
  if (!python.ok) {
    const written = await writeDense({ name, onnx, sample: sample.value })
    await keep(written, folder)
    const why = `${python.error.message}: written here, with the arithmetic of provable models`
    return ok([why, `${folder} has model.compiled and settings.json`])
  }
  const model = { name, model: onnx, sample: sample.value.slice(0, 1) }
  const compiled = await compileWithPython(python.value, model, place)
  if (!compiled.ok) return compiled
  await keep(compiled.value, folder)
  const by = `compiled by ezkl's Python package: its rounding is the prover's to choose (docs/ezkl.md)`
  return ok([by, `${folder} has model.compiled and settings.json`])
}

async function writeDense(files: {
  readonly name: string
  readonly onnx: Buffer
  readonly sample: Sample
}): Promise<CircuitSource> {
  const prepared = await prepareModel({ ...files, isForEzkl: true })
  const source = prepared.ok ? ezklSourceOf(files.name, prepared.value.graph) : prepared
  if (source.ok) return source.value
  throw new CommandFailure(source.error)
}

/** Solidity of the verifier of a circuit that `vouch zk build` made. */
export async function writeEzklVerifier(
  [artefactsFolder, file]: readonly [string, string],
  place: ProverPlace,
): Told {
  const artefacts = await openArtefacts(artefactsFolder)
  if (!artefacts.ok) return artefacts
  if (artefacts.value.artefact.system !== 'ezkl') {
    throw new CommandFailure(`${artefactsFolder} is not of ezkl`, 2)
  }
  const python = await findPythonEzkl(place)
  if (!python.ok) return python
  const source = await ezklVerifierSource(python.value, artefacts.value, place)
  if (!source.ok) return source
  await writeFile(file, source.value)
  return ok([`${file}: contract Halo2Verifier, verifyProof(bytes,uint256[])`])
}

async function keep({ files }: CircuitSource, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}
