/*
 * The two hands that an operator's key can be in: a keystore in the folder, and a signer that is asked over JSON-RPC, as a
 * hardware wallet behind Frame or Clef is. The signer here is the development node, which signs for accounts that it keeps.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readStanding, registerContributor } from '../../src/chain/contributor-registration.ts'
import { isServingNow } from '../../src/chain/operator-standing.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import type { Terminal } from '../../src/cli/command.ts'
import {
  type AccountOptions,
  findAccount,
  findOrMakeAccount,
} from '../../src/cli/operator-account.ts'
import { devContractHandles, devStake } from '../../src/dev/dev-contracts.ts'
import type { Address } from '../../src/domain/units.ts'
import { giveCoins } from '../support/contributor-folder.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { tapChain } from '../support/tapped-chain.ts'

let running: TestDevChain
let folder: ReturnType<typeof temporaryFolder>
const said: string[] = []
const quiet: Terminal = { print: () => undefined, printError: (line) => void said.push(line) }

beforeAll(async () => {
  running = await startDevChain()
})
afterAll(() => running.stop())
beforeEach(() => {
  folder = temporaryFolder()
  said.length = 0
})
afterEach(() => folder.remove())

const optionsOf = (more: Partial<AccountOptions> = {}): AccountOptions => ({
  keystorePath: join(folder.path, 'own', 'keystore.json'),
  passwordFile: secretIn('password', 'correct horse'),
  keyFile: undefined,
  signerUrl: undefined,
  account: undefined,
  ...more,
})

function secretIn(name: string, text: string): string {
  const path = join(folder.path, name)
  writeFileSync(path, `${text}\n`, { mode: 0o600 })
  return path
}

const chainOf = () => ({ rpc: running.chain.rpc, chainId: running.dev.chainId })

async function stakeMoney(account: Address): Promise<void> {
  await giveCoins(running, account)
  const deployer = openSender({ ...chainOf(), privateKey: running.dev.keys.deployer })
  const contract = devContractHandles(running.dev.contracts).asset
  const args = [account, devStake]
  expectOk(await sendCall(deployer, { contract, functionName: 'mint', args }))
}

describe('a keystore', () => {
  test('is made with a new key, found again without a password, and opened by others too', async () => {
    const options = optionsOf()
    expect(await findAccount(options, quiet)).toBeUndefined()
    const made = await findOrMakeAccount(options, quiet)
    expect(said.join('\n')).toContain(`A new account, ${made.address}`)
    expect(statSync(options.keystorePath).mode & 0o077).toBe(0)
    expect(statSync(join(folder.path, 'own')).mode & 0o077).toBe(0)
    expect(readdirSync(join(folder.path, 'own'))).toEqual(['keystore.json'])

    const found = await findOrMakeAccount(optionsOf({ passwordFile: undefined }), quiet)
    expect(found.address).toBe(made.address)
    expect([made.opensUnasked, found.opensUnasked]).toEqual([true, false])
    const json = readFileSync(options.keystorePath, 'utf8')
    const wallet = Wallet.fromEncryptedJsonSync(json, 'correct horse')
    expect(wallet.address.toLowerCase()).toBe(made.address)
    expect(
      (await found.openSender(chainOf()).catch((error: Error) => error)) as Error,
    ).toMatchObject({
      name: 'CommandFailure',
      message: expect.stringContaining('nobody is here to type'),
    })
  })

  test('takes a raw key once, and never another one in its place', async () => {
    const key = randomPrivateKey()
    const keyFile = secretIn('raw.key', key)
    const made = await findOrMakeAccount(optionsOf({ keyFile }), quiet)
    expect(made.address).toBe(addressOfPrivateKey(key))
    expect((await findOrMakeAccount(optionsOf({ keyFile }), quiet)).address).toBe(made.address)
    const before = readFileSync(optionsOf().keystorePath, 'utf8')
    const other = secretIn('other.key', randomPrivateKey())
    await expect(findOrMakeAccount(optionsOf({ keyFile: other }), quiet)).rejects.toThrow(
      'is the key of another account',
    )
    expect(readFileSync(optionsOf().keystorePath, 'utf8')).toBe(before)
    expect((await made.openSender(chainOf())).address).toBe(made.address)
  })

  test('is not made with a short password', async () => {
    const passwordFile = secretIn('short', '1234567')
    await expect(findOrMakeAccount(optionsOf({ passwordFile }), quiet)).rejects.toThrow(
      'a password has 8 characters or more',
    )
    expect(await findAccount(optionsOf(), quiet)).toBeUndefined()
  })
})

describe('a signer', () => {
  /** The node, which signs for whomever it impersonates, showing these accounts. */
  async function signerWith(accounts: readonly Address[], chainId = running.dev.chainId) {
    for (const account of accounts) {
      expectOk(await running.chain.rpc.call('anvil_impersonateAccount', [account]))
    }
    const methods: string[] = []
    const answer = (result: unknown) => JSON.stringify({ jsonrpc: '2.0', id: 1, result })
    const signer = await tapChain(running.chain.url, async ({ method, forward }) => {
      methods.push(method)
      if (method === 'eth_accounts') return answer(accounts)
      if (method === 'eth_chainId') return answer(`0x${chainId.toString(16)}`)
      return forward()
    })
    return { ...signer, methods }
  }

  test('registers and stakes an account whose key this program never sees', async () => {
    const account = addressOfPrivateKey(randomPrivateKey())
    await stakeMoney(account)
    const signer = await signerWith([account])
    const remote = await findOrMakeAccount(optionsOf({ signerUrl: signer.url }), quiet)
    expect(remote).toMatchObject({ address: account, opensUnasked: true })
    const sender = await remote.openSender(chainOf())
    const registry = devContractHandles(running.dev.contracts).contributorRegistry
    const signingKey = addressOfPrivateKey(randomPrivateKey())
    const wanted = { signingKey, endpoint: 'tunnel' }
    expectOk(await registerContributor({ rpc: running.chain.rpc, registry, sender, wanted }))
    const question = { registry, account, signingKeys: [signingKey] }
    expect(isServingNow(expectOk(await readStanding(running.chain.rpc, question)))).toBe(true)
    // It is asked to sign and send, and for nothing else: what it costs and whether it reverts is asked of our own node.
    expect(signer.methods).toEqual([
      'eth_accounts',
      'eth_chainId',
      'eth_sendTransaction',
      'eth_sendTransaction',
    ])
    expect(said.join('\n')).toContain('is asked to sign: look there')
    await signer.stop()
  })

  test('with several accounts is told which, and one on another chain is not asked to send', async () => {
    const [first, second, third] = [1, 2, 3].map(() => addressOfPrivateKey(randomPrivateKey()))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three')
    const signer = await signerWith([first, second], 1)
    const options = optionsOf({ signerUrl: signer.url })
    await expect(findAccount(options, quiet)).rejects.toThrow('has 2 accounts: say which')
    await expect(findAccount({ ...options, account: third }, quiet)).rejects.toThrow(
      `does not show the account ${third}`,
    )
    const chosen = await findAccount({ ...options, account: second }, quiet)
    expect(chosen?.address).toBe(second)
    await expect(chosen?.openSender(chainOf())).rejects.toThrow('has id 1, but 31337')
    expect(signer.methods).not.toContain('eth_sendTransaction')
    await signer.stop()

    const empty = await signerWith([])
    await expect(findAccount(optionsOf({ signerUrl: empty.url }), quiet)).rejects.toThrow(
      'shows no account: unlock it',
    )
    await empty.stop()
  })
})
