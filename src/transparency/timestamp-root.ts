import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readTimestamp, timestampCall } from '../chain/eas.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/** Resolves ok once the other witness has the root. */
export type TimestampRoot = (root: Bytes32) => Promise<Result<void, ChainFailure>>

/** EAS takes each hash once, from whoever comes first: what it has needs no transaction of ours. */
export const timestampInEas =
  (terms: {
    readonly rpc: JsonRpc
    readonly chainId: number
    readonly eas: Address
    readonly sender: Sender
  }): TimestampRoot =>
  async (root) => {
    const { rpc, chainId, eas, sender } = terms
    const known = await readTimestamp(rpc, eas, root)
    if (!known.ok) return known
    if (known.value > 0) return ok(undefined)
    const intentId = `timestamp:${chainId}:${eas}:${root}`
    const sent = await sendCall(sender, timestampCall(eas, root), { intentId, kind: 'timestamp' })
    return sent.ok ? ok(undefined) : sent
  }
