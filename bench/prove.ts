/*
 * What proofs cost, in one run on one machine: processor seconds, peak memory, bytes, gas, for each circuit and system, beside
 * snarkjs by itself.
 *
 *   node bench/prove.ts                      everything
 *   node bench/prove.ts --only tiny,models   some of tiny, receipts, models, dense
 *   node bench/prove.ts --json               one JSON value
 *
 * Processor time and ratios are worth more than elapsed time: provers take all the processors that a machine has free.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { JsonRpc } from '../src/chain/json-rpc.ts'
import type { ProverCost } from '../src/prover/job-bounds.ts'
import { buildCircuit, prove } from '../src/prover/prover.ts'
import { defaultProverPlace, type ProverPlace } from '../src/prover/prover-place.ts'
import { expectOk } from '../test/support/dev-chain.ts'
import { startChain } from '../test/support/embedded-chain.ts'
import { type PlainCost, plainSnarkjs } from './plain-snarkjs.ts'
import { proofGas } from './proof-gas.ts'
import { type ProveCase, proveCases } from './prove-cases.ts'

type Row = {
  readonly title: string
  readonly system: string
  readonly constraints: number
  readonly build: ProverCost
  readonly proof: ProverCost
  readonly proofBytes: number
  readonly publicInputs: number
  readonly gas: number | undefined
  readonly plain: PlainCost | undefined
}

type Bench = { readonly place: ProverPlace; readonly scratch: string; readonly rpc: JsonRpc }

const noCost: ProverCost = { wallMs: 0, cpuMs: 0, peakMemoryBytes: undefined }

async function measure({ title, source, inputs }: ProveCase, bench: Bench): Promise<Row> {
  const { place, scratch, rpc } = bench
  let [build, made] = [noCost, noCost]
  const artefacts = expectOk(
    await buildCircuit(source, { place, onCost: (cost) => (build = cost) }),
  )
  const proof = expectOk(
    await prove({ artefacts, inputs }, { place, onCost: (cost) => (made = cost) }),
  )
  const isGroth16 = source.system === 'groth16'
  return {
    title,
    system: source.system,
    constraints: artefacts.artefact.constraints,
    build,
    proof: made,
    proofBytes: (proof.proof.length - 2) / 2,
    publicInputs: proof.publicInputs.length,
    gas: await proofGas(rpc, artefacts, proof),
    plain: isGroth16 ? await plainSnarkjs(artefacts, { inputs, scratch }) : undefined,
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 2 : 0)
const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '' : `${Math.round(bytes / 1e6)}`
const whole = (value: number | undefined): string => value?.toLocaleString('en-US') ?? ''

function tableOf(rows: readonly Row[]): string {
  const head = [
    '| statement | system | rows | build CPU s | prove CPU s | MB | proof B | inputs | verify gas | snarkjs alone CPU s | MB |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
  ]
  const lines = rows.map(({ title, system, constraints, build, proof, plain, ...row }) => {
    const cells = [
      ...[title, system, whole(constraints), seconds(build.cpuMs), seconds(proof.cpuMs)],
      ...[megabytes(proof.peakMemoryBytes), whole(row.proofBytes), whole(row.publicInputs)],
      ...[whole(row.gas), plain ? seconds(plain.cpuMs) : '', megabytes(plain?.peakMemoryBytes)],
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [...head, ...lines].join('\n')
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(proveCases).join(',') },
    json: { type: 'boolean', default: false },
  },
})
const scratch = mkdtempSync(join(tmpdir(), 'vouch-bench-prove-'))
const zkHome = join(scratch, 'zk')
mkdirSync(zkHome)
// Circuits are built anew, so that this is measured; the development setup is the machine's, made once.
const setups = join(defaultProverPlace.zkHome, 'dev-insecure')
if (existsSync(setups)) symlinkSync(setups, join(zkHome, 'dev-insecure'))
const chain = await startChain(join(scratch, 'chain'))
try {
  const bench = { place: { ...defaultProverPlace, zkHome }, scratch, rpc: chain.rpc }
  const rows: Row[] = []
  for (const name of values.only.split(',')) {
    for (const each of (await proveCases[name]?.()) ?? []) {
      process.stderr.write(`${each.title}, ${each.source.system} …\n`)
      rows.push(await measure(each, bench))
    }
  }
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`
  const text = values.json ? JSON.stringify({ machine, rows }) : `${machine}\n\n${tableOf(rows)}`
  process.stdout.write(`${text}\n`)
} finally {
  await chain.stop()
  rmSync(scratch, { recursive: true, force: true })
}
