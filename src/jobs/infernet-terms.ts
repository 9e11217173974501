import type { GatewayLog } from '../base/log.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { Offer } from '../domain/contributor.ts'
import type { InfernetContainer } from '../domain/infernet-container.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { InfernetPaymentTerms } from './infernet-payment.ts'

/** One Infernet, and how this gateway is a node of it. */
export type InfernetTerms = {
  readonly rpc: JsonRpc
  readonly chainId: number
  /** The Registry, which names all its other contracts for ever. */
  readonly registry: Address
  /** Who delivers, as consumers see it. */
  readonly node: Address
  /** This gateway's operator: whom a granted job names, so that it is no race. */
  readonly gateway: Address
  /** API key that pays contributors. */
  readonly account: string
  /** By container id. */
  readonly containers: ReadonlyMap<Bytes32, InfernetContainer>
  readonly payments: InfernetPaymentTerms
  /** Seconds in which a callback is answered: Infernet sets no bound. */
  readonly callbackTimeS: number
  /** What a consumer may use of gas with its answer, and the Inbox with a lazy one. */
  readonly consumerGasMax: number
  readonly confirmations: number
  /** Undefined: at the newest block of the first look. */
  readonly fromBlock: number | undefined
  readonly offers: () => readonly Offer[]
  readonly log: GatewayLog
}
