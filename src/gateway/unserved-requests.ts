import { unservedRequestsRemembered } from '../base/limits.ts'
import type { RequestRecord } from '../domain/request-record.ts'
import type { Bytes32 } from '../domain/units.ts'

export type UnservedRequest = {
  readonly channelId: Bytes32
  /** `refused`: nobody was asked. `failed`: nobody answered. `aborted`: the client left before an answer began. */
  readonly status: 'refused' | 'failed' | 'aborted'
  readonly record: RequestRecord
}

/**
 * The last requests that have no receipt, so that a caller can ask what became of one. Of this process alone and forgotten
 * with it: what moved no money is not written to the ledger.
 */
export class UnservedRequests {
  readonly #requests = new Map<string, UnservedRequest>()
  readonly #max: number

  constructor(max: number = unservedRequestsRemembered) {
    this.#max = max
  }

  note(requestId: string, request: UnservedRequest): void {
    const [oldest] = this.#requests.keys()
    if (this.#requests.size >= this.#max && oldest !== undefined) this.#requests.delete(oldest)
    this.#requests.set(requestId, request)
  }

  find(requestId: string): UnservedRequest | undefined {
    return this.#requests.get(requestId)
  }
}
