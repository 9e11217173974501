import type { Interface } from 'ethers'

/**
 * ethers loads in 100 to 150 ms and is needed only to talk to contracts, so whoever starts without a chain does not pay
 * for it.
 */
export const loadInterface = async (): Promise<typeof Interface> =>
  (await import('ethers')).Interface
