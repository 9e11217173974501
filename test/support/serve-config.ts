/*
 * A vouch.yaml and all that it speaks of: a real chain with the contracts and a deposit on it, key files, and an upstream
 * that does as it is told. `vouch serve` is started on it by whoever needs it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { channelDomain, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { bootstrapChain, type DevChain } from '../../src/dev/bootstrap-chain.ts'
import { loadDevKeys } from '../../src/dev/dev-keys.ts'
import { atomic, bytes32 } from '../../src/domain/units.ts'
import { runVouch, type ServeProcess } from './dev-process.ts'
import { startChain, temporaryFolder } from './embedded-chain.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

export type ServeConfig = {
  readonly folder: string
  readonly devChain: DevChain
  readonly chainUrl: string
  readonly upstream: ScriptedUpstream
  /** A good vouch.yaml. */
  readonly text: string
  /** Writes a file of its own for a test that wants another; answers its path. */
  readonly yaml: (change?: (text: string) => string) => string
  /** What a payer does: sign a tranche, send it; and what the operator does: make a key. */
  readonly signTranche: (serving: ServeProcess) => Promise<void>
  readonly openAccount: (serving: ServeProcess) => Promise<string>
  readonly close: () => Promise<void>
}

export async function openServeConfig(): Promise<ServeConfig> {
  const folder = temporaryFolder()
  const chain = await startChain(join(folder.path, 'chain'))
  const keys = loadDevKeys(join(folder.path, 'keys.json'))
  if (!keys.ok) throw new Error(keys.error.detail)
  const bootstrapped = await bootstrapChain({
    chain,
    keys: keys.value,
    model: {
      modelId: bytes32(`0x${'0d'.repeat(32)}`),
      contextTokensMax: 1024,
      promptAtomicPerMtok: atomic(1n),
      cachedPromptAtomicPerMtok: atomic(1n),
      completionAtomicPerMtok: atomic(1n),
    },
    endpoints: { gateway: 'test', contributor: 'test' },
    nowMs: Date.now(),
    progress: () => {},
  })
  if (!bootstrapped.ok) throw new Error(bootstrapped.error)
  const devChain = bootstrapped.value
  const upstream = await startScriptedUpstream()
  const secret = (name: string, content: string) =>
    writeFileSync(join(folder.path, name), content, { mode: 0o600 })
  secret('signing.key', devChain.keys.gatewaySigner)
  secret('claim.key', devChain.keys.gatewayOperator)
  secret('other.key', devChain.keys.payer)
  secret('engine.key', 'an-engine-key')
  const text = textOf({
    dataFolder: join(folder.path, 'data'),
    chainUrl: chain.url,
    devChain,
    upstreamUrl: upstream.baseUrl,
  })
  return {
    folder: folder.path,
    devChain,
    chainUrl: chain.url,
    upstream,
    text,
    yaml: (change = (same) => same) => {
      const path = join(folder.path, `vouch-${Math.random().toString(36).slice(2)}.yaml`)
      writeFileSync(path, change(text))
      return path
    },
    signTranche: (serving) => signTranche(serving, devChain),
    openAccount: (serving) => openAccount(serving, devChain, join(folder.path, 'data')),
    close: async () => {
      await upstream.close()
      await chain.stop()
      folder.remove()
    },
  }
}

const textOf = (of: {
  readonly dataFolder: string
  readonly chainUrl: string
  readonly devChain: DevChain
  readonly upstreamUrl: string
}): string => {
  const { contracts, addresses } = of.devChain
  return `listen:
  port: 0
dataFolder: ${of.dataFolder}
chain:
  rpcUrl: ${of.chainUrl}
  chainId: 31337
  receiptVerifier: '${contracts.receiptVerifier}'
  gatewayRegistry: '${contracts.gatewayRegistry}'
  contributorRegistry: '${contracts.contributorRegistry}'
  asset: '${contracts.asset}'
  confirmations: 1
gateway:
  operator: '${addresses.gatewayOperator}'
  signingKeyFile: signing.key
  receiver: '${addresses.gatewayOperator}'
  claimKeyFile: claim.key
upstreams:
  - id: engine
    url: ${of.upstreamUrl}
    apiKeyFile: engine.key
    models:
      - id: public-name
        upstreamId: engine/name
        contextTokensMax: 4096
        price:
          promptPerMtok: "0.5"
          completionPerMtok: 2
`
}

async function openAccount(
  serving: ServeProcess,
  devChain: DevChain,
  dataFolder: string,
): Promise<string> {
  await signTranche(serving, devChain)
  const created = await runVouch([
    ...['keys', 'create', '--data', dataFolder, '--channel', devChain.channel.channelId],
  ])
  const [apiKey] = /sk-vouch-\S+/.exec(created.output) ?? []
  if (apiKey === undefined) throw new Error(`no key was made: ${created.output}`)
  return apiKey
}

async function signTranche(
  serving: ServeProcess,
  { channel, contracts, keys }: DevChain,
): Promise<void> {
  const maxClaimableAmount = atomic(5_000_000n)
  const domain = channelDomain({ chainId: 31337, verifyingContract: contracts.settlement })
  const digest = voucherDigest(domain, { channelId: channel.channelId, maxClaimableAmount })
  const answer = await fetch(`${serving.origin}/v1/billing/vouchers`, {
    method: 'POST',
    body: JSON.stringify({
      channelConfig: channel.config,
      maxClaimableAmount: String(maxClaimableAmount),
      signature: signDigest(digest, keys.session),
    }),
  })
  if (!answer.ok) throw new Error(`the tranche was refused: ${await answer.text()}`)
}
