import type { Redis } from 'ioredis'
import { messageOf } from '../base/message-of.ts'
import { StoreFailure } from './ledger-store.ts'

/*
 * What Redis must be set to before it may keep money. There is no weaker mode: with `everysec` a power cut takes back the
 * last second, whose receipts clients already have, and their numbers would be given out again. Two receipts with one
 * number are what a gateway's bond is slashed for.
 */
const required: readonly {
  readonly name: string
  readonly isGood: (value: string, all: Readonly<Record<string, string>>) => boolean
  readonly set: string
}[] = [
  { name: 'appendonly', isGood: (value) => value === 'yes', set: 'yes' },
  { name: 'appendfsync', isGood: (value) => value === 'always', set: 'always' },
  { name: 'no-appendfsync-on-rewrite', isGood: (value) => value === 'no', set: 'no' },
  {
    name: 'maxmemory-policy',
    isGood: (value, { maxmemory }) => value === 'noeviction' || maxmemory === '0',
    set: 'noeviction',
  },
]
const versionMin = 7

/** Throws StoreFailure with one line that says what to set. */
export async function checkDurability(redis: Redis): Promise<void> {
  const info = await redis.info('server', 'replication')
  const version = /^redis_version:(\d+)/m.exec(info)?.[1] ?? '0'
  if (Number(version) < versionMin) {
    throw new StoreFailure(`Redis ${version} is too old for the ledger: it needs ${versionMin}.0`)
  }
  if (!/^role:master/m.test(info)) {
    throw new StoreFailure('Redis is a read-only replica: set store.redisUrl to its primary')
  }
  const settings = await readSettings(redis)
  const wrong = required.filter(({ name, isGood }) => !isGood(settings[name] ?? '', settings))
  if (wrong.length === 0) return
  const commands = wrong.map(({ name, set }) => `CONFIG SET ${name} ${set}`).join('; ')
  const found = wrong.map(({ name }) => `${name} ${settings[name]}`).join(', ')
  throw new StoreFailure(
    `Redis would lose money in a power cut (${found}): run ${commands}; CONFIG REWRITE`,
  )
}

async function readSettings(redis: Redis): Promise<Readonly<Record<string, string>>> {
  const names = [...required.map(({ name }) => name), 'maxmemory']
  try {
    const flat = (await redis.call('CONFIG', 'GET', ...names)) as string[]
    const settings: Record<string, string> = {}
    for (let at = 0; at + 1 < flat.length; at += 2) settings[flat[at] ?? ''] = flat[at + 1] ?? ''
    return settings
  } catch (error) {
    throw new StoreFailure(
      `whether Redis is durable cannot be seen (${messageOf(error)}): allow its user +config|get`,
    )
  }
}
