/*
 * One step of an intent in its lane: the bytes that are signed for it, written down and sent, or its end before that. The
 * rules of when are in outbox-lane.ts, whose invariants are meant here.
 */
import type { Hex } from '../base/hex.ts'
import type { GatewayLog } from '../base/log.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { Fees } from '../chain/fees.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { sendRaw } from '../chain/send-raw.ts'
import { signTransaction } from '../chain/sign-transaction.ts'
import type { OutboxEntry, OutboxLane, OutboxStore } from '../store/outbox-store.ts'
import { aboveMaximum, factsOf, refused } from './outbox-rules.ts'

export type Lane = OutboxLane & {
  readonly rpc: JsonRpc
  readonly privateKey: PrivateKey
  readonly store: Pick<OutboxStore, 'put' | 'update' | 'open'>
  /** Blocks, its own included, after which a transaction is final. */
  readonly confirmations: number
  readonly feeWeiMax: bigint
  readonly log: GatewayLog
  readonly nowMs: () => number
  /** Since when something strange is seen without a break, by what it is. Only caution lives here: it may be lost. */
  readonly strangeSinceMs: Map<string, number>
}

/** Invariant (1): the bytes are durable before they leave. */
export async function signAndSend(
  lane: Lane,
  entry: OutboxEntry,
  price: Fees & { readonly gasLimit: bigint; readonly isEmpty: boolean },
): Promise<Result<OutboxEntry, ChainFailure>> {
  const { nonce = 0 } = entry
  const { to, data } = price.isEmpty ? { to: lane.sender, data: '0x' as const } : entry
  const terms = { chainId: lane.chainId, nonce, to, data, ...price }
  const signed = await signTransaction(terms, lane.privateKey)
  const attempt = { ...signed, ...price, signedAtMs: lane.nowMs() }
  const stored = await write(lane, entry, {
    state: 'sent',
    attempts: [...entry.attempts, attempt],
  })
  if (!stored.ok || stored.value === entry) return stored
  const sent = await sendRaw(lane.rpc, signed.raw)
  return sent.ok ? stored : sent
}

/** What has caps is expected to wait, and is no reason to tell others that the chain asks for too much. */
export function waitsForPrice(lane: Lane, entry: OutboxEntry): Result<OutboxEntry, ChainFailure> {
  return entry.caps === undefined ? err(aboveMaximum(lane.feeWeiMax)) : ok(entry)
}

/** Nothing of it was signed. */
export const refuse = (
  lane: Lane,
  entry: OutboxEntry,
  { message, data }: { readonly message: string; readonly data?: Hex | undefined },
): Promise<Result<OutboxEntry, never>> =>
  write(lane, { ...entry, nonce: undefined }, refused({ message, data }))

/** Answers the entry as it is stored; unchanged when another process was faster, whose word then stands. */
export async function write(
  lane: Lane,
  entry: OutboxEntry,
  change: Partial<OutboxEntry>,
): Promise<Result<OutboxEntry, never>> {
  const changed = { ...entry, ...change }
  if (await lane.store.update(changed)) return ok({ ...changed, revision: entry.revision + 1 })
  lane.log.error('outbox_contended', factsOf(entry))
  return ok(entry)
}
