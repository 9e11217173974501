/*
 * Jobs of contracts, for several replicas: each may find them, one at a time goes on with each.
 */
import type { Redis } from 'ioredis'
import type { Bytes32 } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { countStates, decodeContractJob, encodeContractJob } from './contract-job-json.ts'
import {
  type ContractJob,
  type ContractJobStore,
  isOpenJob,
  type JobNote,
  type KnownSchedule,
} from './contract-job-store.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'

const changeContractJob = luaScript('change-contract-job')
const putRevised = luaScript('put-revised')

type Options = {
  /** Tells gateways on one server apart. */
  readonly keyPrefix: string
  /** How long an ended job is kept. */
  readonly retentionMs: number
}

/** Throws StoreFailure with one line for a person. */
export async function openRedisContractJobs(
  options: Options & { readonly url: string },
): Promise<ContractJobStore> {
  return new RedisContractJobs(await connectDurableRedis(options.url), options)
}

/** Of those that are due, how many are looked at for whose they are; more wait for the next look. */
const dueLookedAt = 256

class RedisContractJobs implements ContractJobStore {
  readonly #redis: Redis
  readonly #retentionMs: number
  readonly #key: (name: string) => string

  constructor(redis: Redis, { keyPrefix, retentionMs }: Options) {
    this.#redis = redis
    this.#retentionMs = retentionMs
    // The prefix is a hash tag: a cluster keeps all of it in one slot, because one script writes it.
    this.#key = (name) => `{${keyPrefix}}:contract-jobs:${name}`
  }

  add(job: ContractJob): Promise<boolean> {
    return this.#change(job, undefined, job.foundAtMs - this.#retentionMs)
  }

  update(job: ContractJob): Promise<boolean> {
    return this.#change({ ...job, revision: job.revision + 1 }, job.revision)
  }

  async find(jobId: Bytes32): Promise<ContractJob | undefined> {
    const text = await this.#ask((redis) => redis.hget(this.#key('texts'), jobId))
    return text === null ? undefined : decodeContractJob(text)
  }

  async due({ owner, nowMs, limit }: Parameters<ContractJobStore['due']>[0]) {
    const ids = await this.#ask((redis) =>
      redis.zrangebyscore(this.#key('due'), '-inf', nowMs, 'LIMIT', 0, dueLookedAt),
    )
    const jobs = await this.#texts(ids)
    const owners = [...new Set(jobs.flatMap((job) => job.owner ?? []))]
    const others = owners.filter((other) => other !== owner)
    const leases =
      others.length === 0
        ? []
        : await this.#ask((redis) => redis.mget(others.map((other) => this.#lease(other))))
    const present = new Set(others.filter((_, index) => leases[index] !== null))
    return jobs.filter((job) => job.owner === undefined || !present.has(job.owner)).slice(0, limit)
  }

  async list({ states, limit }: Parameters<ContractJobStore['list']>[0]) {
    const found: ContractJob[] = []
    const order = await this.#ask((redis) => redis.zrevrange(this.#key('order'), 0, '-1'))
    if (order.length === 0) return found
    const known = await this.#ask((redis) => redis.hmget(this.#key('states'), ...order))
    const wanted: readonly string[] | undefined = states
    const ids = order.filter((_, index) => wanted?.includes(known[index] ?? '') ?? true)
    return this.#texts(ids.slice(0, limit))
  }

  async counts() {
    const states = await this.#ask((redis) => redis.hvals(this.#key('states')))
    return countStates(states.map((state) => [state, 1]))
  }

  async renew(owner: string, { nowMs, untilMs }: Parameters<ContractJobStore['renew']>[1]) {
    const ms = Math.max(1, untilMs - nowMs)
    await this.#ask((redis) => redis.set(this.#lease(owner), '1', 'PX', ms))
  }

  async leave(owner: string): Promise<void> {
    await this.#ask((redis) => redis.del(this.#lease(owner)))
  }

  async schedules(source: string): Promise<readonly KnownSchedule[]> {
    const [texts, revisions] = await this.#ask((redis) =>
      Promise.all([
        redis.hgetall(this.#key('schedules')),
        redis.hgetall(this.#key('schedule-revisions')),
      ]),
    )
    return Object.entries(texts)
      .map(([id, text]) => ({
        ...(JSON.parse(text) as Omit<KnownSchedule, 'revision'>),
        revision: Number(revisions[id] ?? 0),
      }))
      .filter((schedule) => schedule.source === source)
  }

  putSchedule({ revision, ...schedule }: KnownSchedule): Promise<boolean> {
    return this.#put('schedule', schedule.scheduleId, { text: JSON.stringify(schedule), revision })
  }

  async note(key: string): Promise<JobNote | undefined> {
    const [text, revision] = await this.#ask((redis) =>
      Promise.all([
        redis.hget(this.#key('notes'), key),
        redis.hget(this.#key('note-revisions'), key),
      ]),
    )
    return text === null ? undefined : { text, revision: Number(revision) }
  }

  setNote(key: string, note: JobNote): Promise<boolean> {
    return this.#put('note', key, note)
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #change(job: ContractJob, was: number | undefined, forgetBeforeMs?: number) {
    const isOpen = isOpenJob(job)
    const names = ['texts', 'revisions', 'states', 'order', 'due', 'ended']
    const changed = await this.#ask((redis) =>
      runScript(redis, changeContractJob, {
        keys: names.map(this.#key),
        args: [
          ...[job.jobId, String(was ?? ''), encodeContractJob(job), String(job.revision)],
          ...[job.state, String(job.foundAtMs), isOpen ? String(job.notBeforeMs) : ''],
          ...[isOpen ? '' : String(job.endedAtMs ?? 0), String(forgetBeforeMs ?? '')],
        ],
      }),
    )
    return changed === 1
  }

  async #put(what: 'note' | 'schedule', name: string, { text, revision }: JobNote) {
    const keys = [this.#key(`${what}s`), this.#key(`${what}-revisions`)]
    const args = [name, String(revision), text]
    return (await this.#ask((redis) => runScript(redis, putRevised, { keys, args }))) === 1
  }

  async #texts(ids: readonly string[]): Promise<readonly ContractJob[]> {
    if (ids.length === 0) return []
    const texts = await this.#ask((redis) => redis.hmget(this.#key('texts'), ...ids))
    return texts.flatMap((text) => (text === null ? [] : [decodeContractJob(text)]))
  }

  #lease(owner: string): string {
    return this.#key(`lease:${owner}`)
  }

  /** A write whose answer is lost may be done or not: whoever asked reads before it asks again. */
  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await command(this.#redis)
    } catch (error) {
      throw asStoreFailure('the jobs of contracts in Redis could not be reached', error)
    }
  }
}
