/*
 * A payer beside `vouch dev`: a wallet of its own with money and gas, whose commands run as processes of their own.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readContract } from '../../src/chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import { type Address, address } from '../../src/domain/units.ts'
import { expectOk } from './dev-chain.ts'
import { type DevProcess, type Finished, runVouch } from './dev-process.ts'

export type Payer = {
  readonly address: Address
  readonly rpc: JsonRpc
  readonly keyFile: string
  readonly channelFile: string
  /** Atomic units of devUSD in the wallet, as the chain has it. */
  readonly holding: () => Promise<bigint>
  /** `vouch ARGS --channel FILE --json` for commands of this payer. */
  readonly vouch: (...args: readonly string[]) => Promise<Finished>
  /** The same, whose exit code must be 0; answers the JSON on standard output. */
  readonly done: (...args: readonly string[]) => Promise<Readonly<Record<string, unknown>>>
  /** Gas for an account. */
  readonly giveGas: (account: Address) => Promise<void>
}

export const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1e6))

/** A wallet with `pocket` devUSD and gas. */
export async function startPayer(
  dev: Pick<DevProcess, 'rpcUrl' | 'output'>,
  folder: string,
  pocket: bigint,
): Promise<Payer> {
  const rpc = jsonRpc(dev.rpcUrl)
  const privateKey = randomPrivateKey()
  const account = addressOfPrivateKey(privateKey)
  const asset = devUsdAt(address(/devUSD +(0x[0-9a-f]{40})/.exec(dev.output())?.[1] ?? ''))
  const giveGas = async (to: Address): Promise<void> => {
    expectOk(await rpc.call('anvil_setBalance', [to, `0x${(10n ** 19n).toString(16)}`]))
  }
  await giveGas(account)
  const chainId = Number(expectOk(await rpc.call('eth_chainId', [])))
  const sender = openSender({ rpc, chainId, privateKey })
  expectOk(
    await sendCall(sender, { contract: asset, functionName: 'mint', args: [account, pocket] }),
  )
  const keyFile = join(folder, 'payer.key')
  writeFileSync(keyFile, `${privateKey}\n`, { mode: 0o600 })
  const channelFile = join(folder, 'channel.json')
  const vouch = (...args: readonly string[]): Promise<Finished> =>
    runVouch([...args, '--channel', channelFile])
  return {
    address: account,
    rpc,
    keyFile,
    channelFile,
    giveGas,
    holding: async () => {
      const call = { contract: asset, functionName: 'balanceOf', args: [account] }
      return expectOk(await readContract(rpc, call))[0] as bigint
    },
    vouch,
    done: async (...args) => {
      const finished = await vouch(...args, '--json')
      if (finished.code !== 0) throw new Error(`${args.join(' ')}: ${finished.output}`)
      // Progress goes to standard error, which is collected along.
      return JSON.parse(finished.output.slice(finished.output.indexOf('{'))) as Record<
        string,
        unknown
      >
    },
  }
}
