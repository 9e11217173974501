import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Payout } from '../../domain/payout-ledger.ts'
import { type Fields, readShownVoucher } from '../../domain/payout-voucher.ts'
import { noSignature } from '../../domain/units.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import { parseStrictJson } from '../strict-json.ts'

/** A shown voucher fits many times. */
const shownVoucherBytesMax = 4 * 1024

type Exchange = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse }

/**
 * `GET /v1/contributors/me/voucher`: what the contributor earned and was promised, with its newest voucher and where to
 * claim it. Asked with `Authorization: Vouch …`, a VoucherQuery that one of its keys signed.
 */
export async function retrieveVoucher(
  door: GatewayDoor,
  { incoming, outgoing }: Exchange,
): Promise<void> {
  const payout = await door.payouts.payout(incoming.headers.authorization)
  if (payout.ok) sendJson(outgoing, payoutObject(payout.value))
  else sendError(outgoing, payout.error)
}

/**
 * `POST /v1/contributors/me/voucher`: the newest voucher that the contributor holds, as
 * `{ "channelId": "0x…", "maxClaimableAmount": "123", "signature": "0x…" }`. Our own signature in it is the authority.
 */
export async function showVoucher(
  door: GatewayDoor,
  { incoming, outgoing }: Exchange,
): Promise<void> {
  const body = await readBody(incoming, shownVoucherBytesMax)
  const json = body.ok ? parseStrictJson(body.value) : body
  if (!json.ok) {
    sendError(outgoing, json.error)
    return
  }
  const voucher = readShownVoucher((json.value ?? {}) as Fields)
  if (voucher === undefined) {
    const expected = 'channelId, maxClaimableAmount as a decimal string, and signature'
    sendError(outgoing, { reason: 'invalid_type', param: 'voucher', expected })
    return
  }
  const shown = await door.payouts.show(voucher)
  if (shown.ok) sendJson(outgoing, payoutObject(shown.value))
  else sendError(outgoing, shown.error)
}

/** Atomic units of the payout token, as decimal strings. */
const payoutObject = (payout: Payout): Readonly<Record<string, unknown>> => ({
  object: 'vouch.payout',
  channel_id: payout.payoutId,
  chain_id: payout.chainId,
  channel_config: payout.config,
  balance: String(payout.balance),
  earned: String(payout.earnedAmount),
  promised: String(payout.promisedAmount),
  claimed: String(payout.totalClaimed),
  voucher:
    payout.voucherSignature === noSignature
      ? null
      : {
          maxClaimableAmount: String(payout.promisedAmount),
          signature: payout.voucherSignature,
        },
})
