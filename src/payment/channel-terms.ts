import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import { type Address, zeroAddress } from '../domain/units.ts'

/** What a channel must look like for this gateway to serve on it. */
export type ChannelTerms = {
  readonly chainId: number
  readonly domain: DomainSeparator
  readonly token: Address
  readonly receiver: Address
  readonly receiverAuthorizer: Address
  /** The gateway must have time to claim after a withdrawal was started. */
  readonly withdrawDelayMinS: number
}

/** What is wrong with a channel, in words for its payer; undefined when it can be served on. */
export function objectionTo(config: ChannelConfig, terms: ChannelTerms): string | undefined {
  if (config.token !== terms.token) return `its asset must be ${terms.token}`
  if (config.receiver !== terms.receiver) return `its receiver must be ${terms.receiver}`
  if (config.receiverAuthorizer !== terms.receiverAuthorizer) {
    return `its receiverAuthorizer must be ${terms.receiverAuthorizer}`
  }
  if (config.withdrawDelay < terms.withdrawDelayMinS) {
    return `its withdrawDelay must be at least ${terms.withdrawDelayMinS} seconds`
  }
  // A contract payer could change its verdict on a signature between our check and our claim.
  if (config.payerAuthorizer === zeroAddress) return 'it needs a payerAuthorizer (session key)'
  return undefined
}
