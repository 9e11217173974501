/*
 * `vouch log head` and `vouch log proof`: where a log stands, and that it has a receipt.
 */
import { describeChainFailure } from '../chain/chain-failure.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { checkInclusion, readAnchoring } from '../client/check-inclusion.ts'
import { describeTime } from '../client/describe-time.ts'
import { gatewayLog } from '../client/log-source.ts'
import { CommandFailure } from './command.ts'
import { fetchProof } from './fetch-proof.ts'
import type { LogSurroundings } from './log-audit.ts'
import { type LogOptions, needed } from './log-options.ts'

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
  const { parsed, proof } = await fetchProof(options)
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
    const told =
      anchor === null
        ? 'not yet'
        : `${describeTime(anchor.anchoredAt)} by ${anchor.transactionHash}`
    terminal.print(`anchored  ${told} (as the gateway says; --rpc asks the chain)`)
    return 0
  }
  const verifier = options.verifier ?? parsed.domain.verifyingContract
  const anchoredAt = await readAnchoring(jsonRpc(options.rpc), verifier, head.root)
  if (!anchoredAt.ok) throw new CommandFailure(describeChainFailure(anchoredAt.error))
  if (anchoredAt.value === undefined) throw new CommandFailure('the chain does not have this root')
  const { anchorBy } = parsed.receipt
  const promised = anchorBy === 0 ? 'never promised' : `promised by ${describeTime(anchorBy)}`
  terminal.print(`anchored  ${describeTime(anchoredAt.value)}, ${promised}`)
  return 0
}
