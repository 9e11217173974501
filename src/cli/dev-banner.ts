import { join } from 'node:path'
import type { DevChain } from '../dev/bootstrap-chain.ts'
import type { BuiltInModel } from '../dev/built-in-model.ts'
import type { Channel } from '../domain/channel.ts'
import { freeAmount } from '../domain/channel-ledger.ts'
import type { DevProvableModel } from './dev-provable-models.ts'
import type { RunningGateway } from './start-gateway.ts'
import { guestKeyPath } from './write-guest-key.ts'

/** What a newcomer needs next: where, with which key, two things to paste, what is on the chain, how to stop. */
export function devBanner(running: {
  readonly gateway: RunningGateway
  readonly devChain: DevChain
  readonly channel: Channel
  readonly apiKey: string
  readonly model: BuiltInModel
  readonly provable: readonly DevProvableModel[]
  readonly folder: string
}): string {
  const { gateway, devChain, channel, apiKey, model, provable, folder } = running
  const baseUrl = `${gateway.origin}/v1`
  const { contracts, addresses } = devChain
  const { charged, released } = gateway.recovered
  const recovered =
    charged + released === 0
      ? []
      : ['', `After the last stop: ${charged} cut-off answer(s) charged, ${released} released.`]
  return `
Vouch is running.

  base URL   ${baseUrl}
  API key    ${apiKey}
  model      ${model.name}${provableLine(provable)}

Ask it something, with curl:

  curl -s ${baseUrl}/chat/completions -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" -d '{"model":"${model.name}","messages":[{"role":"user","content":"What is a receipt?"}]}'

or with the openai package, unchanged:

  import OpenAI from 'openai'
  const client = new OpenAI({ baseURL: '${baseUrl}', apiKey: '${apiKey}' })
  const messages = [{ role: 'user', content: 'What is a receipt?' }]
  const answer = await client.chat.completions.create({ model: '${model.name}', messages })
  console.log(answer.choices[0].message.content)

Each answer names its receipt in the header x-vouch-receipt:

  curl -s ${baseUrl}/receipts/RECEIPT -H "Authorization: Bearer ${apiKey}" > receipt.json
  npx vouch verify receipt.json --trust ${join(folder, 'trust.json')} --rpc ${devChain.rpcUrl}

or drop it into a page that checks it in your browser: ${baseUrl.replace(/v1$/, 'verify')}

Every receipt goes into a public log, whose roots come to the chain within seconds:

  npx vouch log audit receipt.json --gateway ${baseUrl} --rpc ${devChain.rpcUrl}

To pay from a channel of your own, with a key that has 1,000 devUSD of play money:

  npx vouch channel open --gateway ${baseUrl} --rpc ${devChain.rpcUrl} --key ${guestKeyPath(folder)} --deposit 10

To ask from a contract, which is called back with a verified answer: a project of your own, and an example:

  npx vouch consumer new Haiku
  npx vouch example character

On the chain (id ${devChain.chainId}, ${devChain.rpcUrl}):

  ChannelSettlement    ${contracts.settlement}
  ReceiptVerifier      ${contracts.receiptVerifier}
  GatewayRegistry      ${contracts.gatewayRegistry}
  ContributorRegistry  ${contracts.contributorRegistry}
  InferenceCoordinator ${contracts.coordinator}
  ModelProofs          ${contracts.modelProofs}
  devUSD               ${contracts.asset}  (anyone may mint it)
  gateway              ${addresses.gatewayOperator}
  contributor          ${addresses.contributorOperator}
  channel              ${channel.channelId}
                       ${dollars(channel.balance)} devUSD deposited, ${dollars(channel.chargedCumulativeAmount)} charged, ${dollars(freeAmount(channel))} free in this tranche
${recovered.join('\n')}
Everything is kept in ${folder}; a restart continues. Ctrl-C stops.
`
}

/** Those that can be proven are marked; docs/inference.md says how they are asked. */
function provableLine(provable: readonly DevProvableModel[]): string {
  if (provable.length === 0) return ''
  const names = provable.map(({ served: { id, tensors } }) =>
    tensors?.proof === undefined ? id : `${id} (proofs: ${tensors.proof.setup})`,
  )
  return `\n  inference  ${names.join(', ')}`
}

/** Six decimals without trailing zeros beyond the cents. */
function dollars(atomicAmount: bigint): string {
  const digits = String(atomicAmount).padStart(7, '0')
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`
  return text.replace(/(\.\d\d\d*?)0+$/, '$1')
}
