/*
 * Models that the operator uploads. What was uploaded may be hostile, and making it provable takes minutes: it is read, measured and
 * built by another process, one at a time; here it is only known how far that one is.
 */
import { messageOf } from '../base/message-of.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { AdminRefusal } from '../domain/refusal.ts'

export type ModelUpload = {
  readonly name: string
  readonly version: string | undefined
  /** `circom`, `noir`, `ezkl` or `auto`. */
  readonly prove: string
  readonly onnx: Buffer
  /** JSON rows of inputs. */
  readonly sample: Buffer
}

export type ModelDeployment = {
  readonly id: string
  readonly name: string
  readonly startedAtMs: number
  readonly status: 'running' | 'done' | 'failed'
  /** What the process said, the newest last. */
  readonly progress: readonly string[]
  /** What came out, as `vouch models deploy --json` prints it. */
  readonly result: unknown
  /** Why there is none, for a person. */
  readonly error: string | undefined
}

export type ModelDeployments = {
  readonly begin: (upload: ModelUpload) => Result<ModelDeployment, AdminRefusal>
  readonly find: (id: string) => Result<ModelDeployment, AdminRefusal>
  /** Ends the one that runs. */
  readonly stop: () => Promise<void>
}

/** Deploys in a process of its own; resolves when nothing of it runs any more. */
export type RunDeployment = (
  upload: ModelUpload,
  watched: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
) => Promise<Result<unknown, string>>

const progressLinesKept = 64
const deploymentsKept = 32

export function openModelDeployments(terms: {
  readonly run: RunDeployment
  readonly newId: () => string
  readonly nowMs: () => number
}): ModelDeployments {
  const { run, newId, nowMs } = terms
  const known = new Map<string, ModelDeployment>()
  let running: { readonly stopping: AbortController; readonly ended: Promise<void> } | undefined

  function note(id: string, change: Partial<ModelDeployment>): void {
    const before = known.get(id)
    if (before !== undefined) known.set(id, { ...before, ...change })
  }

  async function follow(id: string, upload: ModelUpload, signal: AbortSignal): Promise<void> {
    const onLine = (line: string): void => {
      const progress = [...(known.get(id)?.progress ?? []), line].slice(-progressLinesKept)
      note(id, { progress })
    }
    // A disk that is full or a process that cannot start fails the deployment, not the gateway.
    const outcome = await run(upload, { signal, onLine }).catch((thrown) => err(messageOf(thrown)))
    running = undefined
    if (outcome.ok) note(id, { status: 'done', result: outcome.value })
    else note(id, { status: 'failed', error: outcome.error })
  }

  return {
    begin: (upload) => {
      if (running !== undefined) return err({ reason: 'deployment_running' })
      const id = newId()
      const { name } = upload
      const unknown = { progress: [], result: undefined, error: undefined }
      known.set(id, { id, name, startedAtMs: nowMs(), status: 'running', ...unknown })
      const [oldest] = known.keys()
      if (known.size > deploymentsKept && oldest !== undefined) known.delete(oldest)
      const stopping = new AbortController()
      running = { stopping, ended: follow(id, upload, stopping.signal) }
      return find(id)
    },
    find,
    stop: async () => {
      running?.stopping.abort()
      await running?.ended
    },
  }

  function find(id: string): Result<ModelDeployment, AdminRefusal> {
    const deployment = known.get(id)
    return deployment === undefined ? err({ reason: 'deployment_not_found' }) : ok(deployment)
  }
}
