/*
 * A prover that does as a test tells it, behind the port of the real one (test/zk has that): each task waits until it is finished
 * or failed, and ends at once where it is aborted.
 */
import { err, ok, type Result } from '../../src/base/result.ts'
import type { ProofDocument } from '../../src/domain/proof-document.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { inferencePublicInputs } from '../../src/proofs/inference-inputs.ts'
import type { ProofFault, ProofTask, Prover } from '../../src/proving/prover-port.ts'

export type ScriptedProof = {
  readonly task: ProofTask
  readonly signal: AbortSignal
  readonly progress: (stage: string, elapsedMs?: number) => void
  readonly finish: () => void
  readonly fail: (fault: ProofFault) => void
}

export type ScriptedProver = Prover & {
  /** The oldest proof that was asked for and not taken from here before; waits for one where there is none. */
  readonly next: () => Promise<ScriptedProof>
  readonly asked: () => number
  /** Most that ran at the same time. */
  readonly mostAtOnce: () => number
  /** Undefined: installed. */
  setMissing: (why: string | undefined) => void
}

/** Says of the task what a circuit would; that it holds is for the real one to show. */
export const scriptedProof = ({ input, output }: ProofTask): ProofDocument => ({
  object: 'vouch.proof',
  system: 'groth16',
  circuit: 'tiny',
  vkHash: bytes32(`0x${'7f'.repeat(32)}`),
  setup: 'dev-insecure',
  publicInputs: inferencePublicInputs('packed', { inputs: input, outputs: output }),
  proof: `0x${'00'.repeat(256)}`,
})

export function scriptedProver(): ScriptedProver {
  const arrived: ScriptedProof[] = []
  const waiting: ((proof: ScriptedProof) => void)[] = []
  let [asked, running, most] = [0, 0, 0]
  let missing: string | undefined
  return {
    readiness: () => (missing === undefined ? ok(undefined) : err(missing)),
    prove: (task, { signal, onProgress }) => {
      asked += 1
      running += 1
      most = Math.max(most, running)
      const { promise, resolve } = Promise.withResolvers<Result<ProofDocument, ProofFault>>()
      const proof: ScriptedProof = {
        task,
        signal,
        progress: (stage, elapsedMs = 1) => onProgress({ stage, elapsedMs }),
        finish: () => {
          onProgress({ stage: 'verifying', elapsedMs: 2_000 })
          resolve(ok(scriptedProof(task)))
        },
        fail: (fault) => resolve(err(fault)),
      }
      signal.addEventListener('abort', () => resolve(err('cancelled')), { once: true })
      const waiter = waiting.shift()
      if (waiter === undefined) arrived.push(proof)
      else waiter(proof)
      return promise.finally(() => {
        running -= 1
      })
    },
    next: () => {
      const proof = arrived.shift()
      return proof === undefined ? new Promise((got) => waiting.push(got)) : Promise.resolve(proof)
    },
    asked: () => asked,
    mostAtOnce: () => most,
    setMissing: (why) => {
      missing = why
    },
  }
}
