/*
 * On the development chain of `vouch dev` money is free, so nobody is asked for any: the token has a mint for everyone, and
 * the node gives coins for gas.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { randomPrivateKey } from '../chain/private-key.ts'
import { readQuantity } from '../chain/quantity.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { openSender } from '../chain/transactions.ts'
import { devUsdAt } from '../dev/dev-contracts.ts'
import { mintUpTo } from '../dev/mint-up-to.ts'
import { type Address, type AtomicAmount, atomic } from '../domain/units.ts'
import { writeDurably } from './channel-file.ts'
import { orFail } from './contracts-or-fail.ts'
import type { MetGateway } from './contribute-gateway.ts'

/** Far more than registering takes, so that later steps have some too. */
const coins = 10n ** 18n

/** Gives an account what it lacks, by a throw-away account that mints: the stake's token is devUSD there. */
export async function givePlayMoney(
  { rpc, terms }: MetGateway,
  account: Address,
  missing: { readonly stake: AtomicAmount; readonly coin: bigint },
): Promise<void> {
  const minterKey = randomPrivateKey()
  const minter = openSender({ rpc, chainId: terms.chain.chain_id, privateKey: minterKey })
  for (const poor of [account, addressOfPrivateKey(minterKey)]) {
    const balance = orFail(await readQuantity(rpc, 'eth_getBalance', [poor, 'latest']))
    const wanted = balance + missing.coin + coins
    orFail(await rpc.call('anvil_setBalance', [poor, `0x${wanted.toString(16)}`]))
  }
  if (missing.stake === 0n) return
  const asset = devUsdAt(terms.asset.address)
  const held = { rpc, asset, minter, to: account }
  orFail(await mintUpTo({ ...held, amount: atomic(missing.stake + terms.min_stake) }))
}

/**
 * A password that nobody has to think of: what it protects is worth nothing. It lies beside the keystore, so that a second
 * run finds it.
 */
export function playPasswordFile(folder: string): string {
  const path = join(folder, 'keystore.password')
  if (!existsSync(path)) writeDurably(path, `${randomBytes(24).toString('base64url')}\n`)
  return path
}
