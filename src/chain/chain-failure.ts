import type { Hex } from '../base/hex.ts'
import { type Address, type Bytes32, zeroAddress } from '../domain/units.ts'

/** Every way in which a chain can say no or say nothing. Origins only: the path of an RPC URL often is its key. */
export type ChainFailure =
  | { readonly reason: 'chain_unreachable'; readonly origin: string; readonly detail: string }
  | {
      readonly reason: 'chain_timeout'
      readonly origin: string
      readonly method: string
      readonly timeoutMs: number
    }
  | {
      readonly reason: 'chain_bad_answer'
      readonly origin: string
      readonly method: string
      readonly detail: string
    }
  | {
      readonly reason: 'chain_error'
      readonly method: string
      readonly code: number
      readonly message: string
      /** What a reverted call returned; undefined where the node gave nothing. */
      readonly data: Hex | undefined
    }
  | {
      readonly reason: 'chain_id_mismatch'
      readonly origin: string
      readonly expected: number
      readonly actual: number
    }
  | { readonly reason: 'contract_missing'; readonly name: string; readonly address: Address }
  | {
      readonly reason: 'reverted'
      /** `Contract.function` */
      readonly call: string
      /** The custom error with its arguments, as in Solidity. */
      readonly error: string
    }
  | {
      readonly reason: 'transaction_unconfirmed'
      /** Undefined while it is not signed. */
      readonly transactionHash: Bytes32 | undefined
      readonly waitedMs: number
    }

/** The node answered, but not with what the method answers. */
export const badAnswer = (call: {
  readonly origin: string
  readonly method: string
  readonly detail: string
}): ChainFailure => ({ reason: 'chain_bad_answer', ...call })

/** One line for a person, saying what to do where that is known. */
export function describeChainFailure(failure: ChainFailure): string {
  switch (failure.reason) {
    case 'chain_unreachable':
      return `cannot reach the chain at ${failure.origin} (${failure.detail}): check the RPC URL and that the node runs`
    case 'chain_timeout':
      return `the chain at ${failure.origin} did not answer ${failure.method} within ${failure.timeoutMs} ms`
    case 'chain_bad_answer':
      return `${failure.origin} does not answer ${failure.method} as a JSON-RPC node does (${failure.detail}): check the RPC URL`
    case 'chain_error':
      return `the chain refused ${failure.method}: ${failure.message} (code ${failure.code})`
    case 'chain_id_mismatch':
      return `the chain at ${failure.origin} has id ${failure.actual}, but ${failure.expected} is configured: one of the two is wrong`
    case 'contract_missing':
      return failure.address === zeroAddress
        ? `no ${failure.name} was appointed or named: there is no contract at ${failure.address}`
        : `there is no contract at ${failure.address} where ${failure.name} should be: check the address and the chain`
    case 'reverted':
      return `${failure.call} reverted: ${failure.error}`
    case 'transaction_unconfirmed':
      return `transaction ${failure.transactionHash ?? '(not yet signed)'} is not in a block after ${failure.waitedMs} ms`
  }
}
