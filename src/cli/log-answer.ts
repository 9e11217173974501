import { codeAt } from '../chain/contracts.ts'
import { inclusionChallengesAt } from '../chain/inclusion-challenges-contract.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { openSender, sendCall } from '../chain/transactions.ts'
import { readOwnKey } from './channel-file.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { fetchProof } from './fetch-proof.ts'
import type { LogSurroundings } from './log-audit.ts'
import { type LogOptions, needed } from './log-options.ts'

/** Answers a challenge on the chain with the proof; anybody may. */
export async function answerChallenge(
  options: LogOptions,
  { terminal }: LogSurroundings,
): Promise<number> {
  const rpc = jsonRpc(needed('--rpc', options.rpc))
  const contract = inclusionChallengesAt(needed('--contract', options.contract))
  const privateKey = await readOwnKey(needed('--key-file', options.keyFile))
  // A transaction to an account without code succeeds, and answers nothing.
  if (orFail(await codeAt(rpc, contract.address)) === '0x') {
    throw new CommandFailure(`there is no contract at ${contract.address}: check --contract`)
  }
  const { parsed, proof } = await fetchProof(options)
  const { chainId } = parsed.domain
  const sender = openSender({ rpc, chainId, privateKey })
  const args = [proof.digest, proof.log.head.root, proof.siblings]
  const mined = orFail(await sendCall(sender, { contract, functionName: 'answer', args }))
  terminal.print(`answered in ${mined.transactionHash}`)
  return 0
}
