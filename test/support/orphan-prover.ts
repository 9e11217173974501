/*
 * A process that asks for a circuit to be built, says on standard output when the compiler runs, and is killed by its test.
 *
 *   node orphan-prover.ts ZK_HOME
 */
import { buildCircuit } from '../../src/prover/prover.ts'
import { defaultProverPlace } from '../../src/prover/prover-place.ts'
import { tinyCircom } from './tiny-circuits.ts'

const [zkHome = ''] = process.argv.slice(2)
await buildCircuit(tinyCircom, {
  place: { ...defaultProverPlace, zkHome },
  onProgress: ({ stage }) => process.stdout.write(`${stage}\n`),
})
