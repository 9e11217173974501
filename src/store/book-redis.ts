/*
 * A book, as in book-sqlite.ts, for several replicas: a hash of rows, and a version that each of them looks at.
 */
import type { Redis } from 'ioredis'

/** Names of its two keys, in one hash tag: they change together. */
export type BookKeys = { readonly version: string; readonly rows: string }

export const bookVersion = async (redis: Redis, keys: BookKeys): Promise<number> =>
  Number((await redis.get(keys.version)) ?? 0)

/** Rows, and the version that they have, at one moment. The rows are in no order. */
export async function readBook(
  redis: Redis,
  keys: BookKeys,
): Promise<{
  readonly version: number
  readonly rows: readonly (readonly [name: string, text: string])[]
}> {
  const answers = await redis.multi().get(keys.version).hgetall(keys.rows).exec()
  const [[, version] = [], [, texts] = []] = answers ?? []
  const rows = Object.entries((texts ?? {}) as Readonly<Record<string, string>>)
  return { version: Number(version ?? 0), rows }
}
