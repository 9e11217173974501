/*
 * A payer's client writes the same document for each voucher but for three texts: what it was quoted, up to what it pays,
 * and its signature. Such a document is matched with the one before it instead of being parsed again, which is most of what
 * reading a voucher costs.
 *
 * Nothing is read in two ways: its literals are what JSON.stringify writes of its value. Put digits or hex between them, and the
 * text is what JSON.stringify makes of that value with these three members changed. Whatever does not match to the last byte
 * goes to the reader of all documents.
 */
import { voucherDocumentLengthMax, voucherDocumentsRemembered } from '../base/limits.ts'
import { isHex, signature } from '../domain/units.ts'
import type { PresentedPayment, VoucherPayment } from '../domain/x402-payment.ts'
import { amountIn } from './billing/billing-body.ts'

type Changing = 'amount' | 'maxClaimableAmount' | 'signature'

type VoucherDocument = {
  /** The first bytes, and those behind each text that changes. */
  readonly literals: readonly Buffer[]
  /** Which text is between two literals. */
  readonly changing: readonly Changing[]
  /** What the document said when it was kept. */
  readonly payment: VoucherPayment
}

const channelIdMember = Buffer.from('"channelId":"')
const bytes32Length = 66
const quote = 0x22
/** Of Unicode's private use, so that it is nowhere else in a document; in one where it is, it leaves too many parts. */
const mark = '\ue000'
const marked = /\ue000(amount|maxClaimableAmount|signature)\ue000/

export class VoucherDocuments {
  readonly #known = new Map<string, VoucherDocument>()

  /** The payment of a document like one that was kept, exactly as its reader would have it; undefined for any other. */
  read(json: Buffer): VoucherPayment | undefined {
    const channelId = channelIdOf(json)
    const document = channelId === undefined ? undefined : this.#known.get(channelId)
    return document && readLike(document, json)
  }

  /** Keeps a document that was read. A payer has one at a time: clients that write it differently take turns. */
  keep(json: Buffer, payment: PresentedPayment): void {
    if (payment.kind !== 'voucher' || payment.deposit !== undefined) return
    const channelId = channelIdOf(json)
    if (channelId === undefined || json.length > voucherDocumentLengthMax) return
    const document = documentOf(json, payment)
    if (document === undefined) return
    this.#known.delete(channelId)
    this.#known.set(channelId, document)
    const [oldest] = this.#known.keys()
    if (this.#known.size > voucherDocumentsRemembered && oldest !== undefined) {
      this.#known.delete(oldest)
    }
  }
}

/** The first text that stands where a channel's id should: only a name to find a document by, and never more. */
function channelIdOf(json: Buffer): string | undefined {
  const at = json.indexOf(channelIdMember)
  if (at < 0) return undefined
  const start = at + channelIdMember.length
  return json.toString('latin1', start, start + bytes32Length)
}

function documentOf(json: Buffer, payment: VoucherPayment): VoucherDocument | undefined {
  const text = json.toString()
  const value = JSON.parse(text)
  // Of a client that writes it otherwise no later one would match.
  if (JSON.stringify(value) !== text) return undefined
  value.accepted.amount = `${mark}amount${mark}`
  value.payload.voucher.maxClaimableAmount = `${mark}maxClaimableAmount${mark}`
  value.payload.voucher.signature = `${mark}signature${mark}`
  const parts = JSON.stringify(value).split(marked)
  if (parts.length !== 7) return undefined
  return {
    literals: parts.filter((_, index) => index % 2 === 0).map((part) => Buffer.from(part)),
    changing: parts.filter((_, index) => index % 2 === 1) as Changing[],
    payment,
  }
}

function readLike(
  { literals, changing, payment }: VoucherDocument,
  json: Buffer,
): VoucherPayment | undefined {
  const texts = { amount: '', maxClaimableAmount: '', signature: '' }
  let at = 0
  for (let index = 0; index < literals.length; index += 1) {
    const literal = literals[index]
    if (literal === undefined) return undefined
    const end = at + literal.length
    if (end > json.length || literal.compare(json, at, end) !== 0) return undefined
    const name = changing[index]
    if (name === undefined) return end === json.length ? withTexts(payment, texts) : undefined
    const close = json.indexOf(quote, end)
    if (close < 0) return undefined
    texts[name] = json.toString('latin1', end, close)
    at = close
  }
  return undefined
}

function withTexts(
  { network, voucher }: VoucherPayment,
  texts: Readonly<Record<Changing, string>>,
): VoucherPayment | undefined {
  const quotedAmount = amountIn(texts.amount)
  const maxClaimableAmount = amountIn(texts.maxClaimableAmount)
  if (quotedAmount === undefined || maxClaimableAmount === undefined) return undefined
  if (!isHex(texts.signature)) return undefined
  return {
    kind: 'voucher',
    network,
    quotedAmount,
    voucher: {
      config: voucher.config,
      channelId: voucher.channelId,
      maxClaimableAmount,
      signature: signature(texts.signature),
    },
    deposit: undefined,
  }
}
