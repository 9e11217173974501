/*
 * What of an anchored batch is to be opened. The gateway computes it as everybody else does: from the log, and from a block
 * that is buried deep enough to stay.
 */
import { err, ok, type Result } from '../base/result.ts'
import { readBlockRandomness } from '../chain/block-randomness.ts'
import { readHead } from '../chain/blocks.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { sampleIndices } from '../chain/sample-indices.ts'
import { type AuditBatch, auditDelayBlocks } from '../domain/audit.ts'
import type { AuditRefusal, GatewayRefusal } from '../domain/refusal.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { LogStore } from '../store/log-store.ts'
import { drawsRemembered } from './limits.ts'

/** The transparency log, as far as an audit needs it. */
export type AuditedLog = {
  /** Undefined where there is no such batch yet. */
  readonly batch: (batch: number) => Promise<AuditBatch | undefined>
  /** How many batches are closed: the newest is the one before. */
  readonly batchCount: () => Promise<number>
}

/** The log of this gateway, as it is kept. */
export const auditedLog = (store: Pick<LogStore, 'batches' | 'length'>): AuditedLog => ({
  batch: async (number) => {
    const [batch] = await store.batches({ from: number, limit: 1 })
    if (batch === undefined) return undefined
    const { root, count, firstSeq } = batch.head
    return { batch: number, root, count, firstSeq, anchoredBlock: batch.anchor?.blockNumber }
  },
  batchCount: async () => (await store.length()).batches,
})

export type DrawTerms = {
  readonly log: AuditedLog
  readonly rpc: JsonRpc
  /** Blocks on top of the one that chooses, before it is believed to stay. */
  readonly confirmations: number
  readonly ratePpm: number
}

export type DrawnBatch = Required<AuditBatch> & {
  readonly anchoredBlock: number
  /** The block whose randomness chose. */
  readonly drawnBlock: number
  readonly randomness: Bytes32
  readonly ratePpm: number
  readonly indices: readonly number[]
}

type DrawRefusal =
  | Extract<AuditRefusal, { readonly reason: 'audit_batch_not_found' | 'audit_not_drawn' }>
  | Extract<GatewayRefusal, { readonly reason: 'chain_unavailable' }>

export type DrawBatch = (batch: number) => Promise<Result<DrawnBatch, DrawRefusal>>

/** Remembers the newest draws: what was chosen once stays chosen. */
export function createDraw(terms: DrawTerms): DrawBatch {
  const drawn = new Map<number, DrawnBatch>()
  return async (number) => {
    const known = drawn.get(number)
    if (known !== undefined) return ok(known)
    const draw = await drawBatch(terms, number)
    if (draw.ok) drawn.set(number, draw.value)
    const [oldest] = drawn.keys()
    if (drawn.size > drawsRemembered && oldest !== undefined) drawn.delete(oldest)
    return draw
  }
}

async function drawBatch(
  { log, rpc, confirmations, ratePpm }: DrawTerms,
  number: number,
): Promise<Result<DrawnBatch, DrawRefusal>> {
  const batch = await log.batch(number)
  if (batch === undefined) return err({ reason: 'audit_batch_not_found' })
  const { anchoredBlock } = batch
  if (anchoredBlock === undefined) return err({ reason: 'audit_not_drawn', waitsFor: 'anchor' })
  const drawnBlock = anchoredBlock + auditDelayBlocks
  const head = await readHead(rpc)
  if (!head.ok) return err({ reason: 'chain_unavailable' })
  if (head.value.number < drawnBlock + confirmations) {
    return err({ reason: 'audit_not_drawn', waitsFor: 'blocks' })
  }
  const randomness = await readBlockRandomness(rpc, drawnBlock)
  if (!randomness.ok || randomness.value === undefined) return err({ reason: 'chain_unavailable' })
  const draw = { root: batch.root, count: batch.count, randomness: randomness.value, ratePpm }
  return ok({ ...batch, anchoredBlock, drawnBlock, ...draw, indices: sampleIndices(draw) })
}
