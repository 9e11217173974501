/*
 * The folder of a contributor as `vouch contribute` leaves it, on a real chain: registered and staked, with a keystore that
 * opens quickly, a signing key, and vouchers of the development chain's treasury.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { env } from 'node:process'
import { text } from 'node:stream/consumers'
import { channelDomain, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { registerContributor } from '../../src/chain/contributor-registration.ts'
import { encryptKey } from '../../src/chain/keystore.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import {
  type ContributorFile,
  type ContributorPaths,
  contributorPaths,
  writeContributorFile,
} from '../../src/cli/contributor-file.ts'
import type { HeldVoucher } from '../../src/contributor/credit-book.ts'
import { writeCreditFile } from '../../src/contributor/credit-file.ts'
import { devContractHandles, devStake } from '../../src/dev/dev-contracts.ts'
import { type Address, atomic } from '../../src/domain/units.ts'
import { expectOk, type TestDevChain } from './dev-chain.ts'

export const keystorePassword = 'the keystore of a test'
/** Nobody listens there. */
const goneGateway = 'http://127.0.0.1:9'

export type OwnContributor = {
  readonly folder: string
  readonly paths: ContributorPaths
  readonly file: ContributorFile
  readonly operatorKey: PrivateKey
  readonly signingKey: PrivateKey
}

/** A folder for an account that is registered already. */
export async function makeFolder(
  running: TestDevChain,
  name: string,
  keys: {
    readonly operatorKey: PrivateKey
    readonly signingKey: PrivateKey
    readonly receiver: Address
  },
): Promise<OwnContributor> {
  const { dev, chain } = running
  const folder = join(running.folder, name)
  const paths = contributorPaths(folder)
  mkdirSync(folder, { mode: 0o700 })
  const file: ContributorFile = {
    gateway: {
      origin: goneGateway,
      operator: dev.addresses.gatewayOperator,
      keys: [dev.addresses.gatewaySigner],
    },
    chain: {
      chainId: dev.chainId,
      rpcUrl: chain.url,
      contributorRegistry: dev.contracts.contributorRegistry,
      receiptVerifier: dev.contracts.receiptVerifier,
      settlement: dev.contracts.settlement,
    },
    contributor: addressOfPrivateKey(keys.operatorKey),
    signerUrl: null,
    payout: { token: dev.contracts.asset, receiver: keys.receiver, minWithdrawDelayS: 604_800 },
    creditLimit: atomic(500_000n),
    agent: {},
  }
  writeContributorFile(folder, file)
  // The full cost would take half a second each time that a command opens it.
  const keystore = await encryptKey(keys.operatorKey, keystorePassword, { n: 2 ** 10, r: 8, p: 1 })
  writeFileSync(paths.keystore, keystore, { mode: 0o600 })
  writeFileSync(paths.signingKey, `${keys.signingKey}\n`, { mode: 0o600 })
  return { folder, paths, file, ...keys }
}

/** A new account with money, registered and staked, and its folder. */
export async function makeContributor(
  running: TestDevChain,
  name: string,
): Promise<OwnContributor> {
  const [operatorKey, signingKey] = [randomPrivateKey(), randomPrivateKey()]
  const { chain, dev } = running
  const { asset, contributorRegistry: registry } = devContractHandles(dev.contracts)
  const open = (privateKey: PrivateKey) =>
    openSender({ rpc: chain.rpc, chainId: dev.chainId, privateKey })
  const sender = open(operatorKey)
  await giveCoins(running, sender.address)
  const args = [sender.address, devStake]
  expectOk(await sendCall(open(dev.keys.deployer), { contract: asset, functionName: 'mint', args }))
  const wanted = { signingKey: addressOfPrivateKey(signingKey), endpoint: 'tunnel' }
  expectOk(await registerContributor({ rpc: chain.rpc, registry, sender, wanted }))
  return makeFolder(running, name, { operatorKey, signingKey, receiver: sender.address })
}

export async function giveCoins(running: TestDevChain, account: Address): Promise<void> {
  const wei = `0x${(10n ** 18n).toString(16)}`
  expectOk(await running.chain.rpc.call('anvil_setBalance', [account, wei]))
}

/** A promise of the development chain's treasury to its contributor, which the contract honours. */
export function devVoucher({ dev }: TestDevChain, amount: bigint): HeldVoucher {
  const { config, channelId } = dev.payoutChannel
  const { chainId, contracts, keys } = dev
  const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })
  const maxClaimableAmount = atomic(amount)
  const digest = voucherDigest(domain, { channelId, maxClaimableAmount })
  const signature = signDigest(digest, keys.payoutSigner)
  return { channelId, chainId, config, maxClaimableAmount, signature }
}

/** What the contributor counted and what it was promised. */
export const holdCredit = (
  { paths, file }: OwnContributor,
  credit: { readonly owed: bigint; readonly vouchers: readonly HeldVoucher[] },
): Promise<void> =>
  writeCreditFile(paths.credit, {
    settlement: file.chain.settlement,
    book: { owedAmount: atomic(credit.owed), vouchers: credit.vouchers },
  })

const main = resolve(import.meta.dirname, '../../src/main.ts')

export type Ran = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `vouch contributor …` in the folder, to its end or until whoever started it kills it. */
export function startCommand(
  { folder }: Pick<OwnContributor, 'folder'>,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = { VOUCH_KEYSTORE_PASSWORD: keystorePassword },
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const child = spawn(
    process.execPath,
    [main, 'contributor', ...args, '--data', folder],
    // A command that hangs must not outlive its test.
    { env: { ...env, ...environment }, timeout: 50_000, killSignal: 'SIGKILL' },
  )
  child.stdin.end()
  const ended = Promise.all([
    new Promise<number | null>((done) => child.once('close', done)),
    text(child.stdout),
    text(child.stderr),
  ]).then(([code, stdout, stderr]) => ({ code, stdout, stderr }))
  return { child, ended }
}

export const runCommand = (
  own: Pick<OwnContributor, 'folder'>,
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Ran> => startCommand(own, args, environment).ended
