/*
 * Proofs that were asked for, for several replicas: whichever was asked, each can tell how far it is, and one alone has it.
 */
import type { Redis } from 'ioredis'
import { asStoreFailure } from './as-store-failure.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'
import { openStates, type ProofJob, type ProofJobStore } from './proof-job-store.ts'

const replaceProofJob = luaScript('replace-proof-job')

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisProofJobs(options: {
  readonly url: string
  readonly keyPrefix: string
  /** How long an ended job is kept. */
  readonly retentionMs: number
}): Promise<ProofJobStore> {
  return new RedisProofJobs(await connectDurableRedis(options.url), options)
}

class RedisProofJobs implements ProofJobStore {
  readonly #redis: Redis
  readonly #retentionMs: number
  readonly #texts: string
  /** Owner, attempt and state of each open job: what is looked at often, without the rest. */
  readonly #marks: string
  readonly #ended: (proofId: string) => string
  readonly #lease: (owner: string) => string

  constructor(
    redis: Redis,
    { keyPrefix, retentionMs }: { readonly keyPrefix: string; readonly retentionMs: number },
  ) {
    const named = (name: string) => `{${keyPrefix}}:${name}`
    this.#redis = redis
    this.#retentionMs = retentionMs
    this.#texts = named('proof-jobs')
    this.#marks = named('proof-job-marks')
    this.#ended = (proofId) => named(`proof-job:${proofId}`)
    this.#lease = (owner) => named(`proof-lease:${owner}`)
  }

  add(job: ProofJob): Promise<void> {
    return this.#ask(async () => {
      const answers = await this.#redis
        .multi()
        .hset(this.#texts, job.proofId, JSON.stringify(job))
        .hset(this.#marks, job.proofId, markOf(job))
        .exec()
      for (const [error] of answers ?? []) if (error !== null) throw error
    })
  }

  find(proofId: string): Promise<ProofJob | undefined> {
    return this.#ask(async () => {
      // One step: a job that ends in between is in the one or in the other.
      const answers = await this.#redis
        .multi()
        .hget(this.#texts, proofId)
        .get(this.#ended(proofId))
        .exec()
      const text = answers?.map(([, value]) => value).find((value) => typeof value === 'string')
      return text === undefined ? undefined : (JSON.parse(String(text)) as ProofJob)
    })
  }

  replace(job: ProofJob, was: Parameters<ProofJobStore['replace']>[1]): Promise<boolean> {
    return this.#ask(async () => {
      const isOpen = openStates.includes(job.state)
      const replaced = await runScript(this.#redis, replaceProofJob, {
        keys: [this.#texts, this.#marks, this.#ended(job.proofId)],
        args: [
          ...[job.proofId, String(was.attempt), `,${was.states.join(',')},`],
          ...[markOf(job), JSON.stringify(job), isOpen ? 'open' : String(this.#retentionMs)],
        ],
      })
      return replaced === 1
    })
  }

  renew(
    owner: string,
    { nowMs, untilMs }: Parameters<ProofJobStore['renew']>[1],
  ): Promise<ReadonlyMap<string, number>> {
    return this.#ask(async () => {
      await this.#redis.set(this.#lease(owner), '1', 'PX', Math.max(1, untilMs - nowMs))
      const marks = await this.#marked()
      const own = marks.filter((mark) => mark.owner === owner)
      return new Map(own.map(({ proofId, attempt }) => [proofId, attempt]))
    })
  }

  leave(owner: string): Promise<void> {
    return this.#ask(async () => void (await this.#redis.del(this.#lease(owner))))
  }

  abandoned({ limit }: Parameters<ProofJobStore['abandoned']>[0]): Promise<readonly ProofJob[]> {
    return this.#ask(async () => {
      const marks = await this.#marked()
      const owners = [...new Set(marks.map(({ owner }) => owner))]
      if (owners.length === 0) return []
      const leases = await this.#redis.mget(owners.map(this.#lease))
      const gone = new Set(owners.filter((_, index) => leases[index] === null))
      const ids = marks.filter(({ owner }) => gone.has(owner)).map(({ proofId }) => proofId)
      if (ids.length === 0) return []
      const texts = await this.#redis.hmget(this.#texts, ...ids.slice(0, limit))
      return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as ProofJob]))
    })
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #marked() {
    const marks = await this.#redis.hgetall(this.#marks)
    return Object.entries(marks).map(([proofId, mark]) => {
      const [owner = '', attempt] = mark.split(' ')
      return { proofId, owner, attempt: Number(attempt) }
    })
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure('the jobs of proofs in Redis could not be reached', error)
    }
  }
}

const markOf = ({ owner, attempt, state }: ProofJob): string => `${owner} ${attempt} ${state}`
