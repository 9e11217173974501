/*
 * `vouch contributor sign-usage`: receipts in, a signed batch out (contributor/sign-batch.ts). Nothing is sent and no chain is
 * asked: who the gateway is, and which keys sign for it, the folder knows since the contributor joined.
 */
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { signedBatchText } from '../client/batch-documents.ts'
import { type BatchRefusal, type BatchSigner, signBatch } from '../contributor/sign-batch.ts'
import { batchReceiptsMax } from '../proofs/batch-statement.ts'
import { writeDurably } from './channel-file.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import type { ContributorOptions } from './contributor-options.ts'
import { addressesOf, type ContributorPlace, openPlace, readOwnKeys } from './contributor-place.ts'
import { readReceiptFile } from './read-receipt-file.ts'

/** `vouch contributor sign-usage RECEIPT.json…`. */
export async function signUsage(
  options: ContributorOptions,
  { terminal, nowMs }: PayerSurroundings,
): Promise<number> {
  if (options.receiptFiles.length === 0) {
    throw new CommandFailure('which receipts? Give their files, consecutive ones of a channel', 2)
  }
  const signer = await signerOf(openPlace(options), options)
  const receipts = await Promise.all(options.receiptFiles.map(readReceiptFile))
  const signed = signBatch(signer, receipts, nowMs())
  if (!signed.ok) throw new CommandFailure(`nothing is signed: ${describeRefusal(signed.error)}`)
  const text = signedBatchText(signed.value)
  if (options.out === undefined) {
    terminal.print(text.trimEnd())
    return 0
  }
  writeDurably(options.out, text)
  const { firstSeq, count, total } = signed.value.statement
  terminal.printError(
    `${options.out}: receipts ${firstSeq} to ${firstSeq + count - 1} of the channel, ${total} atomic units. It shows each of them: give it to nobody but their payer`,
  )
  return 0
}

async function signerOf(
  place: ContributorPlace,
  { signingKeys }: ContributorOptions,
): Promise<BatchSigner> {
  const keys = await readOwnKeys(place)
  const { current } = keys
  if (current === undefined) throw new CommandFailure(`${place.paths.signingKey} is not there`)
  const { contributor, gateway, chain } = place.file
  const own = addressOfPrivateKey(current)
  return {
    contributor,
    signingKey: current,
    formerKeys: [...addressesOf(keys), ...signingKeys].filter((key) => key !== own),
    place: { chainId: chain.chainId, verifyingContract: chain.receiptVerifier },
    gateway: gateway.operator,
    gatewayKeys: gateway.keys,
  }
}

/** One line for a person. */
function describeRefusal(refusal: BatchRefusal): string {
  switch (refusal.reason) {
    case 'wrong_count':
      return `a batch has 1 to ${batchReceiptsMax} receipts, not ${refusal.count}`
    case 'foreign_work':
      return `the Work of receipt ${refusal.seq} is not signed by a key of this contributor (--signing-key 0x… names one that is in no file of the folder)`
    case 'receipt_fails':
      return `receipt ${refusal.seq} does not hold: ${refusal.detail}`
    case 'other_channel':
      return `receipt ${refusal.seq} is of another channel than the first`
    case 'other_price_sheet':
      return `receipt ${refusal.seq} has another price sheet than the first: make a batch for each`
    case 'duplicate':
      return `the Work of receipt ${refusal.seq} stands there twice`
    case 'not_consecutive':
      return `receipt ${refusal.seq} is not the next one: those between are missing, or another contributor's`
    case 'chain_broken':
      return refusal.detail
    case 'unprovable':
      return `the circuit has no room for it (${refusal.fault})`
  }
}
