/*
 * Contributors of several replicas. A change is decided here, on the book that was read, and put where that still stands
 * (lua/change-contributors.lua); replicas look at the version, which is one number.
 */

import type { Redis } from 'ioredis'
import { storeWriteAttemptsMax } from '../base/limits.ts'
import type { ContributorBook } from '../domain/contributor-record.ts'
import type { Bytes32 } from '../domain/units.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { type BookKeys, bookVersion, readBook } from './book-redis.ts'
import { luaScript, runScript } from './connection-redis.ts'
import { bookOf, type Row, type RowKind, rowsOf } from './contributor-rows.ts'
import type { BookChange, ContributorStore } from './contributor-store.ts'
import { connectDurableRedis } from './durable-connection-redis.ts'
import { StoreFailure } from './ledger-store.ts'

const changeContributors = luaScript('change-contributors')

/** `keyPrefix` tells gateways on one server apart. Throws StoreFailure with one line for a person. */
export async function openRedisContributors(options: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<ContributorStore> {
  return new RedisContributors(await connectDurableRedis(options.url), options.keyPrefix)
}

class RedisContributors implements ContributorStore {
  readonly #redis: Redis
  readonly #names: BookKeys & { readonly order: (digest: Bytes32) => string }

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    const named = (name: string) => `{${prefix}}:${name}`
    this.#names = {
      version: named('contributors-version'),
      rows: named('contributors'),
      order: (digest) => named(`contributor-order:${digest}`),
    }
  }

  version(): Promise<number> {
    return this.#ask(() => bookVersion(this.#redis, this.#names))
  }

  read(): Promise<ContributorBook> {
    return this.#ask(async () => {
      const { version, rows } = await readBook(this.#redis, this.#names)
      return bookOf(version, rows.map(rowOf).sort(byId))
    })
  }

  change<T>(decide: (book: ContributorBook) => BookChange<T>): Promise<T> {
    return this.#ask(async () => {
      for (let attempt = 0; attempt < storeWriteAttemptsMax; attempt += 1) {
        const book = await this.read()
        const change = decide(book)
        if (await this.#put(book.version, rowsOf(change))) return change.outcome
      }
      throw new StoreFailure('the contributors are being changed by too many at once')
    })
  }

  takeOrder(
    digest: Bytes32,
    time: { readonly untilMs: number; readonly nowMs: number },
  ): Promise<boolean> {
    const keptMs = Math.max(1, Math.ceil(time.untilMs - time.nowMs))
    return this.#ask(async () => {
      const set = await this.#redis.set(this.#names.order(digest), '1', 'PX', keptMs, 'NX')
      return set === 'OK'
    })
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #put(version: number, rows: ReturnType<typeof rowsOf>): Promise<boolean> {
    if (rows.length === 0) return true
    const texts = rows.flatMap(({ kind, contributorId, text }) => [
      `${kind}/${contributorId}`,
      text ?? '',
    ])
    const input = {
      keys: [this.#names.version, this.#names.rows],
      args: [String(version), ...texts],
    }
    return (await runScript(this.#redis, changeContributors, input)) === 1
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw asStoreFailure('the contributors in Redis could not be reached', error)
    }
  }
}

function rowOf([name, text]: readonly [string, string]): Row {
  const cut = name.indexOf('/')
  return { kind: name.slice(0, cut) as RowKind, contributorId: name.slice(cut + 1), text }
}

const byId = (a: Row, b: Row): number => (a.contributorId < b.contributorId ? -1 : 1)
