/*
 * The account that a contributor is registered under: it has the stake and sends transactions, a few in its life. Its key is
 * in a keystore under a password, or in somebody else's hands who signs when asked; what runs all day has the signing key only.
 */
import { signerTimeoutMs } from '../base/limits.ts'
import { checkChainId } from '../chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { randomPrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { openRemoteSender, openSender, type Sender } from '../chain/transactions.ts'
import { type Address, address, isAddress } from '../domain/units.ts'
import { askNewPassword, askPassword, isPasswordGiven } from './ask-password.ts'
import { readOwnKey } from './channel-file.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import {
  keystoreExists,
  openKeystore,
  readKeystoreAddress,
  writeKeystore,
} from './keystore-file.ts'

/** Options that say whose account it is. All come from a command line. */
export type AccountOptions = {
  readonly keystorePath: string
  readonly passwordFile: string | undefined
  /** A raw key, which is taken into the keystore. */
  readonly keyFile: string | undefined
  /** Who holds the key, in place of a keystore. */
  readonly signerUrl: string | undefined
  /** Which of the signer's accounts is meant. */
  readonly account: Address | undefined
}

export const accountHelp: string = `Operator account (it has the stake and pays gas; the key that signs Work is another one)
  --password-file FILE   password of the keystore; mode 600. Else $VOUCH_KEYSTORE_PASSWORD, or it
                         is asked for
  --key-file FILE        takes this key into a new keystore: 64 hex digits, or JSON with
                         "privateKey"; mode 600
  --signer-rpc URL       in place of a keystore: a signer that holds the key, as a hardware wallet
                         behind Frame or Clef does (eth_accounts, eth_sendTransaction)
  --account 0x…          which account of that signer, where it has several`

export type OperatorAccount = {
  readonly address: Address
  /** Whether it opens without a person: its password is given, or a signer asks by itself when there is something to sign. */
  readonly opensUnasked: boolean
  /** Asks for the password where that is needed, the first time only. Throws CommandFailure. */
  readonly openSender: (chain: {
    readonly rpc: JsonRpc
    readonly chainId: number
  }) => Promise<Sender>
}

/** The account that is there, without its password; undefined where there is none yet. */
export async function findAccount(
  options: AccountOptions,
  terminal: Terminal,
): Promise<OperatorAccount | undefined> {
  if (options.signerUrl !== undefined) {
    return remoteAccount(options.signerUrl, options.account, terminal)
  }
  if (!keystoreExists(options.keystorePath)) return undefined
  return keystoreAccount(options, await readKeystoreAddress(options.keystorePath), terminal)
}

/** The account that is there, or a new one: of the raw key that was given, or a random one. */
export async function findOrMakeAccount(
  options: AccountOptions,
  terminal: Terminal,
): Promise<OperatorAccount> {
  const found = await findAccount(options, terminal)
  const key = options.keyFile === undefined ? undefined : await readOwnKey(options.keyFile)
  if (found !== undefined) {
    if (key === undefined || addressOfPrivateKey(key) === found.address) return found
    throw new CommandFailure(
      `--key-file is the key of another account than ${found.address}, which is in use here`,
    )
  }
  const taken = key ?? randomPrivateKey()
  const account = addressOfPrivateKey(taken)
  terminal.printError(
    key === undefined
      ? `A new account, ${account}, is put into ${options.keystorePath}.`
      : `The key of ${account} is put into ${options.keystorePath}.`,
  )
  const password = await askNewPassword(options)
  await writeKeystore(options.keystorePath, taken, password)
  terminal.printError(
    'Copy that file to a safe place: with the password it is the only way to the stake.',
  )
  return keystoreAccount(options, account, terminal)
}

function keystoreAccount(
  options: AccountOptions,
  account: Address,
  terminal: Terminal,
): OperatorAccount {
  let opened: ReturnType<typeof openKeystore> | undefined
  const open = async () => {
    const password = await askPassword(`Password of ${account}: `, options)
    terminal.printError('opening the keystore')
    return openKeystore(options.keystorePath, password)
  }
  return {
    address: account,
    opensUnasked: isPasswordGiven(options),
    openSender: async (chain) => {
      opened ??= open()
      return openSender({ ...chain, privateKey: await opened })
    },
  }
}

async function remoteAccount(
  signerUrl: string,
  wanted: Address | undefined,
  terminal: Terminal,
): Promise<OperatorAccount> {
  const signer = jsonRpc(signerUrl, signerTimeoutMs)
  const listed = orFail(await signer.call('eth_accounts', []))
  const accounts = Array.isArray(listed) ? listed.filter(isAddress).map(address) : []
  const [first, ...others] = accounts
  const account = wanted ?? (others.length === 0 ? first : undefined)
  if (account === undefined) {
    throw new CommandFailure(
      first === undefined
        ? `the signer at ${signer.origin} shows no account: unlock it, and allow this program to see it`
        : `the signer at ${signer.origin} has ${accounts.length} accounts: say which by --account`,
    )
  }
  if (!accounts.includes(account)) {
    throw new CommandFailure(`the signer at ${signer.origin} does not show the account ${account}`)
  }
  return {
    address: account,
    opensUnasked: true,
    openSender: async ({ rpc, chainId }) => {
      // A signer sends by its own node: on another chain the transaction would never be seen.
      orFail(await checkChainId(signer, chainId))
      const sender = openRemoteSender({ rpc, chainId, signer, address: account })
      return {
        address: account,
        transact: (transaction, purpose) => {
          terminal.printError(`the signer at ${signer.origin} is asked to sign: look there`)
          return sender.transact(transaction, purpose)
        },
      }
    },
  }
}
