import { readFile } from 'node:fs/promises'
import { type ParsedReceipt, parseReceiptDocument } from '../client/parse-receipt-document.ts'
import { CommandFailure } from './command.ts'
import { codeOf, describeShapeFault } from './read-trust.ts'

/** What `GET /v1/receipts/{id}` answered. Throws CommandFailure for what cannot be read or is none. */
export async function readReceiptFile(path: string): Promise<ParsedReceipt> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
  const parsed = parseReceiptDocument(bytes)
  if (parsed.ok) return parsed.value
  const [fault] = parsed.error
  const what = fault === undefined ? 'it' : describeShapeFault(fault)
  throw new CommandFailure(`${path} is no receipt: ${what}`)
}
