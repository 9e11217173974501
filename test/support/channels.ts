import { createHash } from 'node:crypto'
import type { ChannelConfig, ChannelOnChain, Voucher } from '../../src/domain/channel.ts'
import type { SealedReceipt } from '../../src/domain/hold.ts'
import {
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  bytes32,
  signature,
  unixSeconds,
} from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'

const account = (digit: string) => address(`0x${digit.repeat(40)}`)

export const channelConfig: ChannelConfig = {
  payer: account('1'),
  payerAuthorizer: account('2'),
  receiver: account('3'),
  receiverAuthorizer: account('4'),
  token: account('5'),
  withdrawDelay: 86_400,
  salt: bytes32(`0x${'00'.repeat(32)}`),
}

/** The n-th channel of a test. */
export const channelIdOf = (index: number): Bytes32 =>
  bytes32(`0x${(index + 1).toString(16).padStart(64, '0')}`)

export const onChain = (balance: bigint, more: Partial<ChannelOnChain> = {}): ChannelOnChain => ({
  balance: atomic(balance),
  totalClaimed: atomic(0n),
  withdrawFinalAtS: undefined,
  ...more,
})

export const voucherOf = (channelId: Bytes32, amount: bigint): Voucher => ({
  channelId,
  maxClaimableAmount: atomic(amount),
  signature: signature('0x01'),
})

export const holdOf = (requestId: string, channelId: Bytes32, amount: bigint) => ({
  requestId,
  channelId,
  heldAmount: atomic(amount) as AtomicAmount,
  context: `context of ${requestId}`,
  budget: undefined,
  announces: false,
})

/** Opens a channel with a balance that is signed in full. Durable when it resolves. */
export async function openSignedChannel(
  store: LedgerStore,
  channelId: Bytes32,
  balance: bigint,
): Promise<void> {
  await store.openChannel({
    channelId,
    chainId: 31337,
    config: channelConfig,
    onChain: onChain(balance),
  })
  const accepted = await store.acceptVoucher(voucherOf(channelId, balance))
  if (!accepted.ok) throw new Error(accepted.error.reason)
  await accepted.value.durable
}

/** Whatever was decided so far is durable: an older voucher changes nothing, but is answered when it is. */
export async function untilDurable(store: LedgerStore, channelId: Bytes32): Promise<void> {
  const accepted = await store.acceptVoucher(voucherOf(channelId, 0n))
  if (accepted.ok) await accepted.value.durable
}

/** What a test seals into its receipts: where they stand, readable again. */
export type ReceiptNote = {
  readonly requestId: string
  readonly gatewaySeq: number
  readonly channelSeq: number
  readonly cumulative: string
  readonly prevReceipt: string
}

type Position = Parameters<Parameters<LedgerStore['charge']>[2]>[0]

/** Another for each request, as a real one is. */
export const noteDigest = (requestId: string): Bytes32 =>
  bytes32(`0x${Buffer.from(requestId).toString('hex').padStart(64, 'd')}`)

/** A seal that notes its position. */
export const sealNote =
  (requestId: string) =>
  (position: Position): SealedReceipt => ({
    receiptId: receiptIdOf(requestId),
    digest: noteDigest(requestId),
    body: () =>
      JSON.stringify({
        requestId,
        ...position,
        cumulative: String(position.cumulative),
      } satisfies ReceiptNote),
    record: JSON.stringify({ requestId }),
    sealedAt: unixSeconds(position.gatewaySeq),
    answerId: undefined,
  })

/** Of names that are no request's id in form: another begin for each, as two requests' receipts have. */
export const receiptIdOf = (requestId: string): Bytes32 =>
  bytes32(`0x${createHash('sha256').update(requestId).digest('hex')}`)
