/*
 * Proofs of answers: the store of jobs, the desk, the prover, and whoever goes on with what other processes left.
 */
import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import type { GatewayConfig } from '../config.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { InFlight } from '../gateway/in-flight.ts'
import { resumeProofs } from '../gateway/resume-proofs.ts'
import { ProvingDesk } from '../proving/proving-desk.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import type { ProofJobStore } from '../store/proof-job-store.ts'
import { openSqliteProofJobs } from '../store/proof-job-store-sqlite.ts'
import { CommandFailure } from './command.ts'
import { openModelProver } from './model-prover.ts'

export type OpenProving = {
  readonly desk: ProvingDesk
  /** Looks for jobs that nobody has, now and then again and again. After holds were recovered. */
  readonly resume: (gateway: Gateway, inFlight: InFlight) => void
  /** Ends every proof: what may be gone on with, another process or the next start goes on with. */
  readonly endAll: () => void
  /** After the last request has ended. */
  readonly stop: () => Promise<void>
}

/** Undefined where no answer is proven. Throws CommandFailure where the store cannot be opened. */
export async function openProving(terms: {
  readonly config: GatewayConfig
  readonly log: GatewayLog
  readonly nowMs: () => number
}): Promise<OpenProving | undefined> {
  const { config, log, nowMs } = terms
  const { proving } = config
  if (proving === undefined) return undefined
  const store = await openStore(config, proving.retentionMs)
  const prover = openModelProver(proving)
  const desk = new ProvingDesk({ store, prover, bounds: proving, log, nowMs })
  await desk.start()
  let resumption: ReturnType<typeof resumeProofs> | undefined
  return {
    desk,
    resume: (gateway, inFlight) => {
      resumption = resumeProofs({ gateway, proving: desk, inFlight, log })
      void resumption.lookNow()
    },
    endAll: () => {
      resumption?.stop()
      desk.endAll()
    },
    stop: async () => {
      await desk.stop()
      await store.close()
    },
  }
}

/** A gateway by itself does not load Redis's client. */
async function openStore(
  { store, dataFolder }: GatewayConfig,
  retentionMs: number,
): Promise<ProofJobStore> {
  try {
    if (store === undefined) {
      const path = join(dataFolder, 'proofs.db')
      return openSqliteProofJobs(path, { retentionMs, isAlone: true })
    }
    const { openRedisProofJobs } = await import('../store/proof-job-store-redis.ts')
    const { redisUrl: url, keyPrefix } = store
    return await openRedisProofJobs({ url, keyPrefix, retentionMs })
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}
