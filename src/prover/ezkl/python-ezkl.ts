/*
 * ezkl's Python package, for what its WebAssembly engine has not: the compiler of ONNX graphs, and the writer of Solidity verifiers.
 * It is looked for in a virtual environment under the zk home (`node scripts/install-ezkl.ts` makes it). Keys and proofs are the
 * engine's in either case, so that a circuit differs only in who wrote it.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import { devInsecure } from '../../proofs/proof.ts'
import type { CircuitArtefacts } from '../circuit-artefacts.ts'
import type { CircuitSource } from '../circuit-source.ts'
import { runProgram } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { type ProverPlace, proverVersions } from '../prover-place.ts'
import { ensureDevSrs } from '../tau/srs-file.ts'
import { readEzklSettings } from './ezkl-settings.ts'

const tool = resolve(import.meta.dirname, '../../../circuits/ezkl/ezkl_tool.py')

export const pythonEzklVersion: string = proverVersions['@ezkljs/engine']

export const pythonEzklFolder = ({ zkHome }: Pick<ProverPlace, 'zkHome'>): string =>
  join(zkHome, `ezkl-python-${pythonEzklVersion}`)

/** Its interpreter, or what to do about it. */
export type PythonEzkl = { readonly python: string }

export async function findPythonEzkl(
  place: Pick<ProverPlace, 'zkHome'>,
): Promise<Result<PythonEzkl, ProverFailure>> {
  const python = join(pythonEzklFolder(place), 'bin/python')
  const { ok: runs, text } = await runProgram(python, [tool, 'version'], { cwd: '/' })
  if (runs && text === pythonEzklVersion) return ok({ python })
  return jobFailure(
    'provers_missing',
    `ezkl's Python package ${pythonEzklVersion} is not in ${pythonEzklFolder(place)}: without it, ezkl circuits are of dense models alone, written by this package; 'node scripts/install-ezkl.ts' installs it`,
  )
}

/** Any graph that ezkl knows. `sample` has one row of values for each input of the model; it calibrates the scales. */
export async function compileWithPython(
  { python }: PythonEzkl,
  {
    name,
    model,
    sample,
  }: {
    readonly name: string
    readonly model: Uint8Array
    readonly sample: readonly (readonly number[])[]
  },
  place: ProverPlace,
): Promise<Result<CircuitSource, ProverFailure>> {
  return inFolder(place, async (folder) => {
    await writeFile(join(folder, 'model.onnx'), model)
    await writeFile(join(folder, 'input.json'), JSON.stringify({ input_data: sample }))
    const done = await runProgram(python, [tool, 'compile', folder], { cwd: folder })
    if (!done.ok) return jobFailure('source_refused', `ezkl: ${lastLine(done.text)}`)
    const files = {
      'model.compiled': await readFile(join(folder, 'model.compiled')),
      'settings.json': withoutTime(await readFile(join(folder, 'settings.json'), 'utf8')),
    }
    return ok({ name, system: 'ezkl', files, entry: 'model.compiled' })
  })
}

/** Solidity of the verifier of a built circuit, whoever wrote it; with development keys it refuses all chains but theirs. */
export async function ezklVerifierSource(
  { python }: PythonEzkl,
  { folder: from, artefact }: CircuitArtefacts,
  place: ProverPlace,
): Promise<Result<string, ProverFailure>> {
  const settings = readEzklSettings(await readFile(join(from, 'settings.json'), 'utf8'))
  if (!settings.ok) return jobFailure('artefacts_damaged', settings.error)
  const srs = place.ceremony?.ezklSrs ?? (await ensureDevSrs(place, settings.value.logrows))
  return inFolder(place, async (folder) => {
    for (const file of ['vk', 'settings.json']) {
      await writeFile(join(folder, file), await readFile(join(from, file)))
    }
    const done = await runProgram(python, [tool, 'verifier', folder, srs], { cwd: folder })
    if (!done.ok) return jobFailure('crashed', `ezkl: ${lastLine(done.text)}`)
    const source = await readFile(join(folder, 'Verifier.sol'), 'utf8')
    if (artefact.setup !== devInsecure) return ok(source)
    const refusing = source.replace(bodyPattern, `$1${refusal}`)
    if (refusing === source) return jobFailure('crashed', 'ezkl wrote a verifier of another form')
    return ok(refusing)
  })
}

const bodyPattern = /(function verifyProof\([^{]*returns \(bool\)\s*\{)/
const refusal = `
        // dev-insecure: the keys of this verifier come from a number that everybody knows.
        require(block.chainid == 31337 || block.chainid == 1337, "dev-insecure");
`

async function inFolder<T>(place: ProverPlace, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(place.zkHome, { recursive: true })
  const folder = await mkdtemp(join(place.zkHome, 'ezkl-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The time of the compilation would give the same model another hash each time. */
const withoutTime = (settings: string): string =>
  settings.replace(/"timestamp":\d+/, '"timestamp":0')

const lastLine = (text: string): string => text.split('\n').at(-1) ?? ''
