import type { Result } from '../base/result.ts'
import {
  contributeToKeys,
  exportKeys,
  finishKeys,
  type PhaseOne,
  reproduceKeys,
  startKeys,
} from '../prover/ceremony/ceremony.ts'
import type { CeremonyReport } from '../prover/ceremony/ceremony-job.ts'
import type { CircuitSource } from '../prover/circuit-source.ts'
import type { JobOptions } from '../prover/job-bounds.ts'
import { buildCircuit } from '../prover/prover.ts'
import type { ProverFailure } from '../prover/prover-failure.ts'
import { readCircuit } from '../prover/read-circuit.ts'
import { type Command, CommandFailure, type Terminal, terminal } from './command.ts'
import { compileForEzkl, writeEzklVerifier } from './zk-ezkl.ts'
import { neededForZk, parseZkOptions, type ZkOptions } from './zk-options.ts'

const help = `Usage: vouch zk build SOURCE [--crs FOLDER | --srs FILE]
       vouch zk setup SOURCE FIRST.zkey --ptau FILE
       vouch zk contribute FROM.zkey TO.zkey --name NAME
       vouch zk beacon FROM.zkey TO.zkey --beacon HEX
       vouch zk export SOURCE LAST.zkey --ptau FILE
       vouch zk compile MODEL.onnx FOLDER --input SAMPLE
       vouch zk verifier ARTEFACTS FILE.sol
       vouch zk verify FOLDER SOURCE [--ptau FILE | --crs FOLDER | --srs FILE]

Keys of circuits (docs/zk-setup.md). SOURCE is a .circom file, the folder of a Noir package, or a
folder with model.compiled and settings.json of ezkl. The provers are installed apart: 'npm run
zk:install'.

  build       compiles a circuit and makes its keys. Without a file of a ceremony they come from a
              number that everybody knows: they are marked dev-insecure, and contracts refuse them
              outside of a development chain
  setup       the first keys of a circom circuit on a phase-1 file, which is known by its hash
  contribute  adds a secret to keys and forgets it; one honest contributor is enough
  beacon      ends the contributions with randomness that nobody knew before
  export      checks the last keys against SOURCE and the phase-1 file, and keeps them
  compile     an ONNX model as an ezkl circuit: by ezkl's Python package where it is installed, else
              by our own writer of dense models; it says by which
  verifier    the Solidity verifier of an ezkl circuit that 'build' made, by ezkl's Python package
  verify      makes the keys that somebody published in FOLDER again from SOURCE, and compares

Options:
  --ptau FILE       the phase-1 file: powersOfTau28_hez_final_NN.ptau of the Perpetual Powers of Tau
  --sha256 HASH     accepts another phase-1 file, which has this hash
  --name NAME       who contributes, as it is published in the keys
  --input SAMPLE    JSON rows of inputs, which decide the scales of 'compile'
  --beacon HEX      8 to 255 bytes, such as the hash of a block that was named in advance
  --iterations N    2^N hashes of the beacon (default: 10)
  --crs FOLDER      Noir: Aztec's bn254_g2.dat, and bn254_g1_compressed.dat or bn254_g1.dat
  --srs FILE        ezkl: its kzg.srs of the circuit's size
  --home FOLDER     where artefacts are kept (default: .vouch/zk of this package)
  --provers FOLDER  where the provers are installed (default: circuits/ of this package)
  --help            this text

Exit codes: 0 done or the same, 1 refused or different, 2 unusable arguments.
`

type Told = Promise<Result<readonly string[], ProverFailure>>

const actions: Readonly<Record<string, (options: ZkOptions, job: JobOptions) => Told>> = {
  build: async ({ operands }, job) => {
    const [source] = exactly(operands, ['SOURCE'])
    const built = await buildCircuit(circuitAt(source), job)
    if (!built.ok) return built
    const { artefact, folder } = built.value
    const { setup, system, vkHash, constraints } = artefact
    const lines = [`${system} ${artefact.name}: ${constraints} rows`, `setup: ${setup}`]
    return { ok: true, value: [...lines, `verification key: ${vkHash}`, folder] }
  },
  setup: async (options, job) => {
    const [source, to] = exactly(options.operands, ['SOURCE', 'FIRST.zkey'])
    return linesOf(await startKeys(circomAt(source), { ...phaseOneOf(options), to }, job))
  },
  contribute: async (options, job) => {
    const [from, to] = exactly(options.operands, ['FROM.zkey', 'TO.zkey'])
    const contributor = neededForZk('--name', options.contributor)
    return linesOf(await contributeToKeys({ from, to, contributor }, job))
  },
  beacon: async (options, job) => {
    const [from, to] = exactly(options.operands, ['FROM.zkey', 'TO.zkey'])
    const beacon = neededForZk('--beacon', options.beacon)
    const { iterationsExponent } = options
    return linesOf(await finishKeys({ from, to, beacon, iterationsExponent }, job))
  },
  export: async (options, job) => {
    const [source, zkey] = exactly(options.operands, ['SOURCE', 'LAST.zkey'])
    const exported = await exportKeys(circomAt(source), { ...phaseOneOf(options), zkey }, job)
    if (!exported.ok) return exported
    const { report, artefacts } = exported.value
    return { ok: true, value: [...report.lines, artefacts.folder] }
  },
  compile: async ({ operands, samplePath, place }) => {
    const paths = exactly(operands, ['MODEL.onnx', 'FOLDER'])
    return compileForEzkl(paths, { place, samplePath: neededForZk('--input', samplePath) })
  },
  verifier: async ({ operands, place }) =>
    writeEzklVerifier(exactly(operands, ['ARTEFACTS', 'FILE.sol']), place),
  verify: async (options, job) => {
    const [folder, path] = exactly(options.operands, ['FOLDER', 'SOURCE'])
    const source = circuitAt(path)
    const phaseOne = options.ptau === undefined ? undefined : phaseOneOf(options)
    const same = await reproduceKeys(source, { folder, phaseOne }, job)
    if (!same.ok) return same
    return { ok: true, value: [...same.value.lines, 'the source gives the same keys'] }
  },
}

/** Exactly the operands that are named, in their order. */
function exactly<const Names extends readonly string[]>(
  operands: readonly string[],
  names: Names,
): { readonly [At in keyof Names]: string } {
  if (operands.length === names.length) {
    return operands as unknown as { readonly [At in keyof Names]: string }
  }
  throw new CommandFailure(`takes ${names.join(' and ')}; 'vouch zk --help' tells more`, 2)
}

function circuitAt(path: string): CircuitSource {
  const source = readCircuit(path)
  if (source !== undefined) return source
  const forms = 'a .circom file, a Noir package, or a model compiled for ezkl'
  throw new CommandFailure(`${path} is no circuit: ${forms}`, 2)
}

function circomAt(path: string): CircuitSource {
  const source = circuitAt(path)
  if (source.system === 'groth16') return source
  throw new CommandFailure(`${path} is for ${source.system}, which has no second phase`, 2)
}

const phaseOneOf = ({ ptau, ptauSha256 }: ZkOptions): PhaseOne => ({
  ptau: neededForZk('--ptau', ptau),
  ptauSha256,
})

const linesOf = (
  result: Result<CeremonyReport, ProverFailure>,
): Result<readonly string[], ProverFailure> =>
  result.ok ? { ok: true, value: result.value.lines } : result

export async function runZk(argv: readonly string[], { print }: Terminal): Promise<number> {
  const options = parseZkOptions(argv)
  const { action = '' } = options
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (act === undefined) {
    throw new CommandFailure(`say which of ${Object.keys(actions).join(', ')}`, 2)
  }
  const told = await act(options, { place: options.place })
  if (!told.ok) throw new CommandFailure(told.error.message)
  for (const line of told.value) print(line)
  return 0
}

export const zkCommand: Command = {
  name: 'zk',
  summary: 'keys of circuits: build them, hold a ceremony, make them again from the source',
  help,
  run: (argv) => runZk(argv, terminal),
}
