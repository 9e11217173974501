import { inclusionChallengesAt } from '../chain/inclusion-challenges-contract.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { openSender, sendCall } from '../chain/transactions.ts'
import { readOwnKey } from './channel-file.ts'
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
  const { parsed, proof } = await fetchProof(options)
  const { chainId } = parsed.domain
  const sender = openSender({ rpc, chainId, privateKey })
  const args = [proof.digest, proof.log.head.root, proof.siblings]
  const mined = orFail(await sendCall(sender, { contract, functionName: 'answer', args }))
  terminal.print(`answered in ${mined.transactionHash}`)
  return 0
}
