import type { GatewayLog } from '../base/log.ts'
import { containerIdOf } from '../chain/infernet-subscription.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { InfernetConfig } from '../config-infernet.ts'
import type { JobChainConfig } from '../config-jobs.ts'
import type { Address } from '../domain/units.ts'
import { infernetSource } from '../jobs/infernet-source.ts'
import type { InfernetTerms } from '../jobs/infernet-terms.ts'
import type { JobSource } from '../jobs/job-source.ts'

type Place = Pick<InfernetTerms, 'offers' | 'gateway'> & {
  readonly rpc: JsonRpc
  /** Who sends deliveries. */
  readonly node: Address
  readonly chain: Pick<JobChainConfig, 'chainId' | 'confirmations' | 'fromBlock'>
  readonly log: GatewayLog
}

/** A chain's Infernet as its configuration has it. */
export const infernetOf = (
  { chain: { chainId, confirmations, fromBlock }, ...place }: Place,
  { containers, wallet: nodeWallet, tokens, free, verifiers, ...terms }: InfernetConfig,
): JobSource =>
  infernetSource({
    ...place,
    ...terms,
    ...{ chainId, confirmations, fromBlock },
    containers: new Map(containers.map((one) => [containerIdOf(one.name), one])),
    payments: { nodeWallet, tokens, free, verifiers },
  })
