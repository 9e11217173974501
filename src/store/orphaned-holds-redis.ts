import type { Redis } from 'ioredis'
import { storeScanRows } from '../base/limits.ts'
import type { OrphanedHold } from '../domain/hold.ts'
import { luaScript, runScript } from './connection-redis.ts'
import type { LedgerKeys } from './ledger-keys-redis.ts'
import { parseRow } from './ledger-rows-redis.ts'
import { uptimeMs } from './uptime-redis.ts'

const forgetReplica = luaScript('forget-replica')

/**
 * Holds of replicas whose lease ran out, and those of `replica` itself that nobody will end. Looking changes nothing, and
 * two replicas may look at once: each hold is ended once, by whichever commits first.
 */
export async function readOrphanedHolds(
  redis: Redis,
  at: {
    readonly keys: LedgerKeys
    readonly replica: string
    readonly abandoned: ReadonlySet<string>
    /** So long after a start of Redis no replica counts as gone: none could renew while it was down. */
    readonly restartGraceMs: number
  },
): Promise<readonly OrphanedHold[]> {
  const { keys, replica, abandoned } = at
  const orphans = await readHolds(redis, keys, { owner: replica, requestIds: [...abandoned] })
  if ((await uptimeMs(redis)) < at.restartGraceMs) return orphans
  for (const other of await redis.hkeys(keys.replicas)) {
    if (other === replica || (await redis.exists(keys.lease(other))) === 1) continue
    const requestIds = await redis.hkeys(keys.owned(other))
    if (requestIds.length === 0) {
      await runScript(redis, forgetReplica, {
        keys: [keys.replicas, keys.lease(other), keys.owned(other)],
        args: [other],
      })
    }
    orphans.push(...(await readHolds(redis, keys, { owner: other, requestIds })))
  }
  return orphans
}

async function readHolds(
  redis: Redis,
  keys: LedgerKeys,
  { owner, requestIds }: { readonly owner: string; readonly requestIds: readonly string[] },
): Promise<OrphanedHold[]> {
  const holds: OrphanedHold[] = []
  for (let from = 0; from < requestIds.length; from += storeScanRows) {
    const some = requestIds.slice(from, from + storeScanRows)
    const texts = await redis.hmget(keys.table('holds'), ...some)
    const checkpoints = await redis.hmget(keys.owned(owner), ...some)
    for (const [index, id] of some.entries()) {
      const row = parseRow({ table: 'holds', id }, texts[index] ?? null)
      // Gone by now, or ended and taken again by another.
      if (row.table !== 'holds' || row.value === undefined || row.owner !== owner) continue
      holds.push({ ...row.value, checkpoint: checkpoints[index] || undefined })
    }
  }
  return holds
}
