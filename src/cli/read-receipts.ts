import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { type ParsedReceipt, parseReceiptDocument } from '../client/parse-receipt-document.ts'
import type { Bytes32 } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { codeOf, describeShapeFault } from './read-trust.ts'

export type ReceiptStretch = {
  readonly channelId: Bytes32
  /** `channelSeq`, both inclusive. */
  readonly from: number
  readonly to: number
}

/**
 * The receipts of a stretch, in their order, out of files and folders: one document a file, or one a line (`.jsonl`), as
 * `GET /v1/receipts/{id}` answers them. Others of other channels may lie beside them. Throws CommandFailure.
 */
export function readReceipts(
  paths: readonly string[],
  { channelId, from, to }: ReceiptStretch,
): readonly ParsedReceipt[] {
  const found = new Map<number, ParsedReceipt>()
  for (const [where, text] of paths.flatMap(documentsAt)) {
    const parsed = parseReceiptDocument(Buffer.from(text))
    if (!parsed.ok) {
      const [fault] = parsed.error
      const what = fault === undefined ? 'it' : describeShapeFault(fault)
      throw new CommandFailure(`${where} is no receipt: ${what}`)
    }
    const { receipt } = parsed.value
    const { channelSeq } = receipt
    if (receipt.channelId !== channelId || channelSeq < from || channelSeq > to) continue
    const known = found.get(channelSeq)
    if (known !== undefined && digestOf(known) !== digestOf(parsed.value)) {
      // Both signed by the gateway: `vouch slash` takes them.
      throw new CommandFailure(`${where} is another receipt ${channelSeq} of the same channel`)
    }
    found.set(channelSeq, parsed.value)
  }
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const receipt = found.get(from + index)
    if (receipt !== undefined) return receipt
    throw new CommandFailure(`receipt ${from + index} of the channel is not among them`)
  })
}

const digestOf = ({ domain, receipt }: ParsedReceipt): Bytes32 =>
  receiptDigest(receiptDomain(domain), receipt)

function documentsAt(path: string): readonly (readonly [where: string, text: string])[] {
  try {
    if (!statSync(path).isDirectory()) return documentsIn(path)
    const entries: readonly Dirent[] = readdirSync(path, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && /\.jsonl?$/.test(entry.name))
      .flatMap(({ name }) => documentsIn(join(path, name)))
  } catch (error) {
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
}

function documentsIn(path: string): readonly (readonly [string, string])[] {
  const text = readFileSync(path, 'utf8')
  if (!path.endsWith('.jsonl')) return [[path, text]]
  return text
    .split('\n')
    .map((line, index) => [`${path}:${index + 1}`, line] as const)
    .filter(([, line]) => line.trim() !== '')
}
