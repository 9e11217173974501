import { readFile } from 'node:fs/promises'
import { countersignatureDigest } from '../chain/countersignature-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import { ownerAuthorization } from '../client/billing-orders.ts'
import { conclude } from '../client/check-line.ts'
import { anyReceipt } from '../client/check-policy.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import { type ParsedReceipt, parseReceiptDocument } from '../client/parse-receipt-document.ts'
import { recoverSigners } from '../client/recover-signers.ts'
import { noTrustAnchors } from '../client/trust-anchors.ts'
import { verifyReceipt } from '../client/verify-receipt.ts'
import { type ChannelFile, readChannelFile, readOwnKey, readSessionKey } from './channel-file.ts'
import { type ChannelOptions, needed } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

/** `vouch channel countersign`: tells the gateway, and everybody who has the receipt, that its charge is accepted. */
export async function countersignOwnReceipt(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { channelPath } = options
  const file = readChannelFile(channelPath)
  const parsed = await readReceipt(needed('--receipt', options.receiptPath))
  refuseWrong(parsed, file, surroundings.nowMs())
  const sessionKey = await readSessionKey(channelPath, file)
  const key = options.keyPath === undefined ? sessionKey : await readOwnKey(options.keyPath)
  const { receiptDigest } = recoverSigners(parsed)
  const signature = signDigest(
    countersignatureDigest(receiptDomain(parsed.domain), receiptDigest),
    key,
  )
  const { receiptId, cost } = parsed.receipt
  const billing = new GatewayBilling(options.gateway ?? file.gateway, () =>
    ownerAuthorization(file, surroundings.nowMs(), sessionKey),
  )
  const { signer } = orGatewayFailure(await billing.countersign(receiptId, signature))
  report(surroundings, options, {
    lines: [`${signer} accepts the charge of ${cost} atomic units in receipt ${receiptId}`],
    value: { receipt_id: receiptId, digest: receiptDigest, signer, signature },
  })
  return 0
}

async function readReceipt(path: string): Promise<ParsedReceipt> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch {
    throw new CommandFailure(`${path} cannot be read`)
  }
  const parsed = parseReceiptDocument(bytes)
  if (parsed.ok) return parsed.value
  throw new CommandFailure(`${path} is no receipt: 'vouch verify ${path}' says why`)
}

/** What is signed away here cannot be disputed later: only what this channel paid, and only what adds up. */
function refuseWrong(receipt: ParsedReceipt, file: ChannelFile, nowMs: number): void {
  if (receipt.receipt.channelId !== file.channelId) {
    throw new CommandFailure('the receipt is of another channel')
  }
  if (receipt.receipt.work.gateway !== file.operator) {
    throw new CommandFailure(`the receipt is not of ${file.operator}, whose channel this is`)
  }
  const evidence = { content: [], request: undefined, response: undefined }
  const given = { receipt, evidence, anchors: noTrustAnchors, policy: anyReceipt, nowMs }
  const lines = verifyReceipt(given)
  if (conclude(lines) !== 'fails') return
  const failed = lines.filter(({ verdict }) => verdict === 'fails').map(({ check }) => check)
  throw new CommandFailure(`the receipt does not hold: ${failed.join(', ')}`)
}
