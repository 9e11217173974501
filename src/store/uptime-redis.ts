import type { Redis } from 'ioredis'

/** Since the server began, rounded up to the second that Redis counts in. */
export async function uptimeMs(redis: Redis): Promise<number> {
  const info = await redis.info('server')
  return (Number(/^uptime_in_seconds:(\d+)/m.exec(info)?.[1] ?? 0) + 1) * 1000
}
