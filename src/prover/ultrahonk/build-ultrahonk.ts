import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../base/message-of.ts'
import { ok, type Result } from '../../base/result.ts'
import type { BuiltKeys } from '../build-job.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { BuildJob } from '../job-protocol.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers, requireFrom } from '../prover-place.ts'
import { crsG2File } from '../tau/crs-file.ts'
import { isDevG2File } from '../tau/known-tau.ts'
import { type Bb, evmTarget, findBb, targetOf } from './bb.ts'
import { compileVerifier, devVerifierSource } from './honk-verifier.ts'
import { crsFor } from './ultrahonk-crs.ts'

type AbiParameter = { readonly name: string; readonly visibility: string; readonly type: AbiType }
type AbiType = {
  readonly kind: string
  readonly length?: number
  readonly type?: AbiType
  readonly fields?: readonly (AbiType | { readonly type: AbiType })[]
}
type NoirProgram = {
  readonly abi: {
    readonly parameters: readonly AbiParameter[]
    readonly return_type: { readonly abi_type: AbiType; readonly visibility: string } | null
  }
}

type NoirWasm = {
  readonly createFileManager: (folder: string) => unknown
  readonly compile_program: (
    files: unknown,
    path: string | undefined,
    log: () => void,
    debugLog: () => void,
  ) => Promise<{ readonly program: NoirProgram }>
}

/** `circuit.json`, `vk`, and `Verifier.sol`, `verifier.creation`, `verifier.runtime`; or `vk_hash` of one for recursion. */
export async function buildUltrahonk(
  job: BuildJob,
  context: JobContext,
): Promise<Result<BuiltKeys, ProverFailure>> {
  const { place, workFolder, report } = context
  const provers = findProvers(place, ['@noir-lang/noir_wasm', 'solc'])
  if (!provers.ok) return provers
  const bb = findBb(context)
  if (!bb.ok) return bb
  report('compiling')
  const compiled = await compileNoir(job, context)
  if (!compiled.ok) return compiled
  const program = join(job.outFolder, 'circuit.json')
  await writeFile(program, JSON.stringify(compiled.value))

  const gates = await countGates(bb.value, program)
  if (!gates.ok) return gates
  const crs = await crsFor(gates.value, context)
  if (!crs.ok) return crs
  report('keys')
  const keys = await bb.value([
    'write_vk',
    '-b',
    program,
    ...targetOf(job),
    '-c',
    crs.value,
    '-o',
    'vk',
  ])
  if (!keys.ok) return jobFailure('source_refused', `bb write_vk: ${keys.text}`)
  await copyFile(join(workFolder, 'vk', 'vk'), join(job.outFolder, 'vk'))
  const sizes = { constraints: gates.value, publicInputs: publicInputsOf(compiled.value) }
  if (job.recursive) {
    await copyFile(join(workFolder, 'vk', 'vk_hash'), join(job.outFolder, 'vk_hash'))
    return ok(sizes)
  }
  const verifier = await writeVerifier(bb.value, crs.value, { job, context })
  return verifier.ok ? ok(sizes) : verifier
}

async function writeVerifier(
  bb: Bb,
  crs: string,
  { job, context }: { readonly job: BuildJob; readonly context: JobContext },
): Promise<Result<true, ProverFailure>> {
  const { place, workFolder, report } = context
  report('verifier')
  const source = join(workFolder, 'Verifier.sol')
  const written = await bb([
    ...['write_solidity_verifier', '--optimized', ...evmTarget],
    ...['-k', join('vk', 'vk'), '-o', source],
  ])
  if (!written.ok) return jobFailure('crashed', `bb write_solidity_verifier: ${written.text}`)
  const solidity = await readFile(source, 'utf8')
  const g2 = await readFile(join(crs, crsG2File))
  const verifier = isDevG2File(g2) ? devVerifierSource(solidity, g2) : ok(solidity)
  if (!verifier.ok) return jobFailure('crashed', verifier.error)
  const contract = compileVerifier(requireFrom(place)('solc'), verifier.value)
  if (!contract.ok) return jobFailure('crashed', contract.error)
  await writeFile(join(job.outFolder, 'Verifier.sol'), verifier.value)
  await writeFile(join(job.outFolder, 'verifier.creation'), contract.value.creation)
  await writeFile(join(job.outFolder, 'verifier.runtime'), contract.value.runtime)
  return ok(true)
}

async function compileNoir(
  { entry }: BuildJob,
  { place, workFolder }: JobContext,
): Promise<Result<NoirProgram, ProverFailure>> {
  const noir = requireFrom(place)('@noir-lang/noir_wasm') as NoirWasm
  const quiet = () => undefined
  try {
    const files = noir.createFileManager(join(workFolder, 'source', entry))
    return ok((await noir.compile_program(files, undefined, quiet, quiet)).program)
  } catch (thrown) {
    return jobFailure('source_refused', `noir: ${diagnosticsOf(thrown)}`)
  }
}

/** The compiler throws a message that says nothing, with what it found beside it. */
function diagnosticsOf(thrown: unknown): string {
  const { diagnostics } = thrown as {
    readonly diagnostics?: readonly { readonly message: string }[]
  }
  const found = diagnostics?.map(({ message }) => message).join('; ')
  return found === undefined || found === '' ? messageOf(thrown) : found
}

async function countGates(bb: Bb, program: string): Promise<Result<number, ProverFailure>> {
  const { ok: done, text } = await bb(['gates', '-b', program])
  const size = /"circuit_size":\s*(\d+)/.exec(text)?.[1]
  if (!done || size === undefined) return jobFailure('source_refused', `bb gates: ${text}`)
  return ok(Number(size))
}

/** Field elements of all public parameters and of what is returned. */
function publicInputsOf({ abi }: NoirProgram): number {
  const { parameters, return_type: returned } = abi
  const given = parameters
    .filter(({ visibility }) => visibility === 'public')
    .reduce((sum, { type }) => sum + fieldsOf(type), 0)
  return given + (returned === null ? 0 : fieldsOf(returned.abi_type))
}

function fieldsOf(type: AbiType): number {
  switch (type.kind) {
    case 'array':
      return (type.length ?? 0) * (type.type === undefined ? 1 : fieldsOf(type.type))
    case 'string':
      return type.length ?? 0
    case 'struct':
    case 'tuple':
      return (type.fields ?? []).reduce(
        (sum, field) => sum + fieldsOf('kind' in field ? field : field.type),
        0,
      )
    default:
      return 1
  }
}
