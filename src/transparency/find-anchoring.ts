import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type AnchoredBatch, readAnchoredBatches } from '../chain/receipt-anchor.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/** Nodes answer for a few thousand blocks at a time. */
const blocksAtOnceMax = 5_000
const looksMax = 200

/** The event that anchored a batch, sought from the newest block backwards: nearly always it is among the last few. */
export async function findAnchoring(
  rpc: JsonRpc,
  sought: {
    readonly receiptAnchor: Address
    readonly sender: Address
    readonly root: Bytes32
    readonly batch: number
    /** Number of the newest block. */
    readonly tip: number
  },
): Promise<Result<AnchoredBatch | undefined, ChainFailure>> {
  let to = sought.tip
  for (let looks = 0; looks < looksMax && to >= 0; looks += 1) {
    const from = Math.max(0, to - blocksAtOnceMax + 1)
    const found = await readAnchoredBatches(rpc, sought, { from, to })
    if (!found.ok) return found
    const event = found.value.find(({ batch }) => batch === sought.batch)
    if (event !== undefined) return ok(event)
    to = from - 1
  }
  return ok(undefined)
}
