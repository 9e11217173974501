/*
 * A real chain with every contract that takes stake, deployed by `vouch contracts deploy`, and parties that can be slashed:
 * a gateway, contributors with several keys, one of them a wallet, and who reports them.
 */
import type { Contract } from '../../src/chain/contracts.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { type FaultContracts, findFaultContracts } from '../../src/chain/slashing-contract.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import type { ReceiptPlace } from '../../src/client/parse-receipt-document.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import { mintUpTo } from '../../src/dev/mint-up-to.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import { type Address, address, atomic, unixSeconds } from '../../src/domain/units.ts'
import { compileSolidity } from './compile-solidity.ts'
import { type DeploymentChain, startDeploymentChain } from './deployment-chain.ts'
import { expectOk } from './dev-chain.ts'

export type SlashingParty = {
  readonly operator: Sender
  readonly operatorKey: PrivateKey
  /** Registered; its signatures count from `startS` on. */
  readonly signingKey: PrivateKey
  readonly signingAddress: Address
}

export type SlashingPlace = {
  readonly chain: DeploymentChain
  readonly rpc: JsonRpc
  readonly place: ReceiptPlace
  readonly domain: DomainSeparator
  readonly contracts: FaultContracts
  readonly asset: Contract
  readonly insurance: Address
  /** From when on every registered key signs. */
  readonly startS: number
  readonly nowS: () => Promise<number>
  /** Mines a block that much later. */
  readonly wait: (seconds: number) => Promise<void>
  readonly mine: (blocks: number) => Promise<void>
  readonly newAccount: (dollars?: bigint) => Promise<{ sender: Sender; key: PrivateKey }>
  readonly newParty: (role: 'contributor' | 'gateway') => Promise<SlashingParty>
  readonly send: (
    sender: Sender,
    contract: Contract,
    name: string,
    ...args: unknown[]
  ) => Promise<void>
  readonly balanceOf: (account: Address) => Promise<bigint>
  /** An ERC-1271 wallet of this key's account, put on the chain. */
  readonly placeWallet: (owner: Address) => Promise<Address>
  readonly stop: () => Promise<void>
}

const quoteVerifier = address(`0x${'71'.repeat(20)}`)
const proofVerifier = address(`0x${'72'.repeat(20)}`)
const dollar = 1_000_000n
const chainId = 31337
/** The registry takes at most fifteen minutes. */
const leadS = 600

export async function startSlashingPlace(): Promise<SlashingPlace> {
  const chain = await startDeploymentChain()
  const rpc = jsonRpc(chain.url)
  const doubles = compileSolidity('SlashingDoubles.sol')
  const placeCode = (at: Address, name: string) => chain.ask('anvil_setCode', [at, doubles(name)])
  await placeCode(quoteVerifier, 'FixedQuoteVerifier')
  await placeCode(proofVerifier, 'TaggedProofVerifier')
  const insurance = address(`0x${'1a'.repeat(20)}`)
  const deployed = await chain.deploy(
    ...['--quote-verifier', quoteVerifier, '--proof-verifier', proofVerifier],
    ...['--insurance', insurance],
  )
  if (deployed.code !== 0) throw new Error(deployed.text)
  const addresses = chain.addresses()
  const verifier = addresses['ReceiptVerifier']
  const token = addresses['DevUSD']
  if (verifier === undefined || token === undefined) throw new Error('no verifier was deployed')
  const contracts = expectOk(await findFaultContracts(rpc, verifier))
  const place = { chainId, verifyingContract: verifier }
  const asset = devUsdAt(token)
  const nowS = async () => {
    const block = (await chain.ask('eth_getBlockByNumber', ['latest', false])) as {
      readonly timestamp: string
    }
    return Number(block.timestamp)
  }
  const startS = (await nowS()) - leadS
  const newAccount = async (dollars = 0n) => {
    const key = randomPrivateKey()
    const sender = openSender({ rpc, chainId, privateKey: key })
    await chain.fund(sender.address, 10n ** 18n)
    const amount = atomic(dollars * dollar)
    expectOk(await mintUpTo({ rpc, asset, minter: sender, to: sender.address, amount }))
    return { sender, key }
  }
  let wallets = 0
  return {
    chain,
    rpc,
    place,
    domain: receiptDomain(place),
    contracts,
    asset,
    insurance,
    startS,
    nowS,
    wait: async (seconds) => {
      await chain.ask('evm_increaseTime', [seconds])
      await chain.ask('evm_mine', [])
    },
    mine: async (blocks) => {
      await chain.ask('anvil_mine', [`0x${blocks.toString(16)}`])
    },
    newAccount,
    newParty: async (role) => {
      const { sender: operator, key: operatorKey } = await newAccount()
      const signingKey = randomPrivateKey()
      const signingAddress = addressOfPrivateKey(signingKey)
      expectOk(
        await registerOperator({
          rpc,
          asset,
          registry: contracts[`${role}s`],
          operator,
          signingKey: signingAddress,
          activeFrom: unixSeconds(Math.max(startS, (await nowS()) - leadS)),
          endpoint: 'https://operator.example/v1',
        }),
      )
      return { operator, operatorKey, signingKey, signingAddress }
    },
    send: async (sender, contract, functionName, ...args) => {
      expectOk(await sendCall(sender, { contract, functionName, args }))
    },
    balanceOf: async (account) => {
      const data = `0x70a08231${account.slice(2).padStart(64, '0')}`
      return BigInt(String(await chain.ask('eth_call', [{ to: token, data }, 'latest'])))
    },
    placeWallet: async (owner) => {
      wallets += 1
      const at = address(`0x${'a1'.repeat(19)}${wallets.toString(16).padStart(2, '0')}`)
      await placeCode(at, 'OwnedWallet')
      const word = `0x${owner.slice(2).padStart(64, '0')}`
      await chain.ask('anvil_setStorageAt', [at, `0x${'0'.repeat(64)}`, word])
      return at
    },
    stop: chain.stop,
  }
}
