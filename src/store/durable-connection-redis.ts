import type { Redis } from 'ioredis'
import { connectRedis } from './connection-redis.ts'
import { checkDurability } from './durability-redis.ts'

/** A connection to a Redis that loses nothing it was told. Throws StoreFailure with one line for a person, connected to nothing. */
export async function connectDurableRedis(url: string): Promise<Redis> {
  const redis = await connectRedis(url)
  try {
    await checkDurability(redis)
  } catch (error) {
    redis.disconnect()
    throw error
  }
  return redis
}
