/*
 * `vouch log head`, `proof`, `mirror` and `answer`: what a log says, of one receipt or in all.
 */
import { describeChainFailure } from '../chain/chain-failure.ts'
import { inclusionChallengesAt } from '../chain/inclusion-challenges-contract.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { openSender, sendCall } from '../chain/transactions.ts'
import { judgeBatch } from '../client/audit-log-batch.ts'
import { checkInclusion, readAnchoring } from '../client/check-inclusion.ts'
import { readInclusionProof } from '../client/log-documents.ts'
import { gatewayLog, parseLogText } from '../client/log-source.ts'
import type { ParsedReceipt } from '../client/parse-receipt-document.ts'
import type { InclusionProofDocument } from '../domain/log-documents.ts'
import type { LogHead } from '../domain/log-head.ts'
import { readOwnKey } from './channel-file.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import type { LogSurroundings } from './log-audit.ts'
import { mirrorFolder } from './log-mirror-folder.ts'
import { type LogOptions, needed } from './log-options.ts'
import { readReceiptFile } from './read-receipt-file.ts'

export async function showHead(
  options: LogOptions,
  { terminal }: LogSurroundings,
): Promise<number> {
  const log = await gatewayLog(needed('--gateway', options.gateway)).log()
  if (!log.ok) throw new CommandFailure(log.error)
  const { gateway, batches, anchoredBatches, promiseS, isPromising, head, sender } = log.value
  if (options.json) {
    terminal.print(JSON.stringify(log.value))
    return 0
  }
  terminal.print(`gateway   ${gateway}`)
  terminal.print(`batches   ${batches}, ${anchoredBatches} of them on the chain, from ${sender}`)
  terminal.print(`promise   ${isPromising ? `anchored within ${promiseS} s` : 'none now'}`)
  if (head !== null) {
    terminal.print(`head      ${head.head.head}`)
    terminal.print(`root      ${head.head.root}, ${head.head.count} receipts`)
    terminal.print(`signature ${head.signature}`)
  }
  return 0
}

/** Prints the proof, which `vouch verify` and contracts take, or says what is amiss. */
export async function showProof(
  options: LogOptions,
  { terminal }: LogSurroundings,
): Promise<number> {
  const { parsed, proof } = await proofOf(options)
  const shown = checkInclusion(parsed, proof)
  if (!shown.ok) throw new CommandFailure(shown.error)
  if (options.json) {
    terminal.print(JSON.stringify(proof))
    return 0
  }
  const { anchor, head } = proof.log
  terminal.print(`batch     ${head.batch}, entry ${proof.index + 1} of ${head.count}`)
  terminal.print(`root      ${head.root}`)
  for (const sibling of proof.siblings) terminal.print(`sibling   ${sibling}`)
  if (options.rpc === undefined) {
    const told = anchor === null ? 'not yet' : `${anchor.anchoredAt} by ${anchor.transactionHash}`
    terminal.print(`anchored  ${told} (as the gateway says; --rpc asks the chain)`)
    return 0
  }
  const verifier = options.verifier ?? parsed.domain.verifyingContract
  const anchoredAt = await readAnchoring(jsonRpc(options.rpc), verifier, head.root)
  if (!anchoredAt.ok) throw new CommandFailure(describeChainFailure(anchoredAt.error))
  if (anchoredAt.value === undefined) throw new CommandFailure('the chain does not have this root')
  terminal.print(`anchored  ${anchoredAt.value}, promised by ${parsed.receipt.anchorBy}`)
  return 0
}

/** Copies what is missing in the folder, judged offline, and says where it differs from what is there. */
export async function mirrorLog(
  options: LogOptions,
  { terminal }: LogSurroundings,
): Promise<number> {
  const gateway = gatewayLog(needed('--gateway', options.gateway))
  const copy = mirrorFolder(needed('a folder', options.operands[0]))
  const log = await gateway.log()
  if (!log.ok) throw new CommandFailure(log.error)
  let before: LogHead | 'first' = 'first'
  let copied = 0
  for (let batch = 0; batch < log.value.batches; batch += 1) {
    const kept = orThrow(await copy.batch(batch))
    const served = orThrow(await gateway.batch(batch))
    if (served === undefined) throw new CommandFailure(`batch ${batch} is not served`)
    if (kept !== undefined && JSON.stringify(kept.head) !== JSON.stringify(served.head)) {
      throw new CommandFailure(`batch ${batch} is another one than the copy has: vouch log audit`)
    }
    if (kept === undefined) {
      const entries = orThrow(await gateway.entries(batch))
      if (entries === undefined) throw new CommandFailure(`batch ${batch} has no entries`)
      const [found] = judgeBatch(served, entries, before).findings
      if (found !== undefined) throw new CommandFailure(`batch ${batch}: ${found.detail}`)
      await copy.keep(served, entries)
      copied += 1
    }
    before = served.head
  }
  terminal.print(`${copied} batches copied, ${log.value.batches} in ${copy.name}`)
  return 0
}

/** Answers a challenge on the chain with the proof; anybody may. */
export async function answerChallenge(
  options: LogOptions,
  { terminal }: LogSurroundings,
): Promise<number> {
  const rpc = jsonRpc(needed('--rpc', options.rpc))
  const contract = inclusionChallengesAt(needed('--contract', options.contract))
  const privateKey = await readOwnKey(needed('--key-file', options.keyFile))
  const { parsed, proof } = await proofOf(options)
  const { chainId } = parsed.domain
  const sender = openSender({ rpc, chainId, privateKey })
  const args = [proof.digest, proof.log.head.root, proof.siblings]
  const mined = orFail(await sendCall(sender, { contract, functionName: 'answer', args }))
  terminal.print(`answered in ${mined.transactionHash}`)
  return 0
}

async function proofOf(
  options: LogOptions,
): Promise<{ readonly parsed: ParsedReceipt; readonly proof: InclusionProofDocument }> {
  const origin = needed('--gateway', options.gateway)
  const parsed = await readReceiptFile(needed('a receipt', options.operands[0]))
  const digest = receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
  const query = `digest=${digest}&gatewaySeq=${parsed.receipt.gatewaySeq}`
  const response = await fetch(`${origin}/v1/transparency/proof?${query}`).catch(() => undefined)
  if (response === undefined) throw new CommandFailure(`${origin} cannot be reached`)
  const text = await response.text()
  if (response.status === 404)
    throw new CommandFailure('the log does not have this receipt, or not yet')
  if (!response.ok) throw new CommandFailure(`${origin} answered ${response.status}`)
  return { parsed, proof: orThrow(parseLogText(text, readInclusionProof)) }
}

function orThrow<T>(read: { ok: true; value: T } | { ok: false; error: string }): T {
  if (read.ok) return read.value
  throw new CommandFailure(read.error)
}
