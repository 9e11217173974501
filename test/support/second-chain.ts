/*
 * Another real chain beside the development chain: x402's contracts, an OpenClaimAuthorizer and a token with 18 decimals.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { canonicalSettlementAddress } from '../../src/chain/channel-settlement.ts'
import { deployOnce } from '../../src/chain/deployment.ts'
import { channelSettlementDeployedBytecode } from '../../src/chain/generated/channel-settlement.ts'
import { eip3009CollectorDeployedBytecode } from '../../src/chain/generated/eip3009-collector.ts'
import {
  openClaimAuthorizerAbi,
  openClaimAuthorizerBytecode,
} from '../../src/chain/generated/open-claim-authorizer.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { openSender, type Sender } from '../../src/chain/transactions.ts'
import { anvilBinary } from '../../src/dev/anvil-binary.ts'
import { type Address, address } from '../../src/domain/units.ts'
import { expectOk } from './dev-chain.ts'
import { compileHostile } from './hostile-contracts.ts'
import { startMovableNode } from './movable-node.ts'

export const secondChainId = 31338
export const canonicalCollector = address('0x4020806089470a89826cb9fb1f4059150b550004')

export type SecondChain = {
  /** Of the node that can be made to vanish; `rpc` is not. */
  readonly url: string
  readonly vanish: () => void
  readonly comeBack: () => void
  readonly rpc: JsonRpc
  readonly minter: Sender
  readonly stop: () => Promise<void>
}

export async function startSecondChain(chainId: number = secondChainId): Promise<SecondChain> {
  const program = anvilBinary()
  if (program === undefined) throw new Error('anvil is not installed')
  const args = ['--host', '127.0.0.1', '--port', '0', '--chain-id', String(chainId)]
  const child = spawn(program, [...args, '--hardfork', 'cancun', '--accounts', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    let text = ''
    // Read to the end of its days, so that it never waits for a full pipe.
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString()
      const found = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(text)))
  })
  const url = `http://127.0.0.1:${port}`
  const rpc = jsonRpc(url)
  for (const [place, code] of [
    [canonicalSettlementAddress, channelSettlementDeployedBytecode],
    [canonicalCollector, eip3009CollectorDeployedBytecode],
  ]) {
    expectOk(await rpc.call('anvil_setCode', [place, code]))
  }
  const minter = await gasAccount({ rpc, chainId })
  expectOk(
    await deployOnce(rpc, minter, {
      name: 'OpenClaimAuthorizer',
      abi: openClaimAuthorizerAbi,
      bytecode: openClaimAuthorizerBytecode,
      args: [],
    }),
  )
  const node = await startMovableNode(url)
  return {
    url: node.url,
    vanish: () => node.moveTo(undefined),
    comeBack: () => node.moveTo(url),
    rpc,
    minter,
    stop: async () => {
      await node.stop()
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** A new account with gas money. */
export async function gasAccount(at: {
  readonly rpc: JsonRpc
  readonly chainId: number
}): Promise<Sender> {
  const sender = openSender({ ...at, privateKey: randomPrivateKey() })
  await fuel(at.rpc, sender.address)
  return sender
}

export async function fuel(rpc: JsonRpc, account: Address): Promise<void> {
  expectOk(await rpc.call('anvil_setBalance', [account, `0x${(10n ** 20n).toString(16)}`]))
}

let compiled: ReturnType<typeof compileHostile> | undefined

/** An ERC-3009 token with these decimals; `keptBps` of each transfer vanish. */
export async function deployToken(
  at: { readonly rpc: JsonRpc; readonly minter: Sender },
  token: { readonly name: string; readonly decimals: number; readonly keptBps?: number },
): Promise<Address> {
  compiled ??= compileHostile('test/support/ScaledToken.sol')
  const contract = compiled['ScaledToken']
  if (contract === undefined) throw new Error('ScaledToken.sol has no ScaledToken')
  const { name, decimals, keptBps = 0 } = token
  const { abi, bytecode } = contract
  const deployment = { name, abi, bytecode, args: [name, decimals, keptBps] }
  return expectOk(await deployOnce(at.rpc, at.minter, deployment))
}
