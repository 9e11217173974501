/*
 * An Infernet on a chain and consumers of it, as a gateway finds them: a stand-in written for these tests
 * (support/solidity/InfernetStandIn.sol), whose code is put in place. Consumers are called as anybody would call them.
 */
import type { Hex } from '../../src/base/hex.ts'
import {
  type Contract,
  type ContractCall,
  encodeCall,
  readContract,
} from '../../src/chain/contracts.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { type Address, address, zeroAddress } from '../../src/domain/units.ts'
import { compileSolidity } from './compile-solidity.ts'
import { expectOk } from './dev-chain.ts'

const infernetAbi = [
  'function setUp()',
  'function createWallet() returns (address)',
  'function deliverCompute(uint32 id, uint32 interval, bytes input, bytes output, bytes proof, address nodeWallet)',
  'function read(bytes32 containerId, address node, uint256 index) view returns (tuple(uint32 timestamp, uint32 subscriptionId, uint32 interval, bytes input, bytes output, bytes proof))',
]

const consumerAbi = [
  'function setInfernet(address infernet)',
  'function setRefuses(bool refuses)',
  'function setSilent(bool isSilent)',
  'function request(string container, bytes inputs, uint16 redundancy, uint256 paymentAmount, address wallet) returns (uint32)',
  'function subscribe(string container, uint32 frequency, uint32 period, bool lazy, address paymentToken, uint256 paymentAmount, address wallet, address verifier) returns (uint32)',
  'function cancel(uint32 id)',
  'function answers() view returns (uint256)',
  'function interval() view returns (uint32)',
  'function input() view returns (bytes)',
  'function output() view returns (bytes)',
  'function proof() view returns (bytes)',
  'function containerId() view returns (bytes32)',
  'function index() view returns (uint256)',
  'function node() view returns (address)',
]

const walletAbi = ['function approve(address spender, address token, uint256 amount)']

export type StandInConsumer = {
  readonly address: Address
  /** Answers the number of the subscription. */
  readonly request: (
    container: string,
    inputs: Hex,
    more?: { redundancy?: number; paymentAmount?: bigint; wallet?: Address },
  ) => Promise<number>
  readonly subscribe: (
    container: string,
    rhythm: { readonly frequency: number; readonly period: number; readonly isLazy?: boolean },
    more?: {
      paymentToken?: Address
      paymentAmount?: bigint
      wallet?: Address
      verifier?: Address
    },
  ) => Promise<number>
  readonly send: (functionName: string, ...args: readonly unknown[]) => Promise<void>
  readonly read: (functionName: string) => Promise<unknown>
  /** Resolves when it was given so many answers in all. */
  readonly answered: (times: number) => Promise<void>
}

export type InfernetPlace = {
  /** Of everything: the stand-in is all of its contracts. */
  readonly registry: Address
  readonly consumer: () => Promise<StandInConsumer>
  /** Of its factory, with so much of the chain's coin, which `spender` may spend. */
  readonly wallet: (held?: {
    readonly spender: Address
    readonly amount: bigint
  }) => Promise<Address>
  /** As another node of the same Infernet. */
  readonly deliver: (id: number, interval: number) => Promise<void>
  readonly read: (functionName: string, ...args: readonly unknown[]) => Promise<unknown>
}

/** Its accounts have no keys: `rpc` is that of a chain that sends as anybody. */
export async function openInfernetPlace(rpc: JsonRpc): Promise<InfernetPlace> {
  const compiled = compileSolidity('InfernetStandIn.sol')
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    expectOk(await rpc.call(method, params))
  const anybody = addressOfPrivateKey(randomPrivateKey())
  const placed = async (contract: string): Promise<Address> => {
    const place = addressOfPrivateKey(randomPrivateKey())
    await ask('anvil_setCode', place, compiled(contract))
    return place
  }
  const hexOf = (value: bigint): Hex => `0x${value.toString(16)}`
  const send = async (call: ContractCall): Promise<void> => {
    const data = await encodeCall(call)
    const to = call.contract.address
    const gas = hexOf(8_000_000n)
    const hash = await ask('eth_sendTransaction', { from: anybody, to, data, gas })
    let receipt = await ask('eth_getTransactionReceipt', hash)
    if (receipt === null) {
      await ask('evm_mine')
      receipt = await ask('eth_getTransactionReceipt', hash)
    }
    const { status } = receipt as { readonly status: string }
    if (status !== '0x1') throw new Error(`${call.functionName} reverted`)
  }
  const simulated = async (contract: Contract, functionName: string, args: readonly unknown[]) =>
    expectOk(await readContract(rpc, { contract, functionName, args }))[0]
  await ask('anvil_impersonateAccount', anybody)
  await ask('anvil_setBalance', anybody, hexOf(10n ** 20n))
  const registry = await placed('StandInInfernet')
  const infernet: Contract = { name: 'Infernet', address: registry, abi: infernetAbi }
  await send({ contract: infernet, functionName: 'setUp', args: [] })

  async function consumer(): Promise<StandInConsumer> {
    const place = await placed('StandInConsumer')
    const contract: Contract = { name: 'StandInConsumer', address: place, abi: consumerAbi }
    const call = (functionName: string, ...args: readonly unknown[]) =>
      send({ contract, functionName, args })
    const read = (functionName: string) => simulated(contract, functionName, [])
    /** A call whose answer is read first, by trying it out. */
    const created = async (functionName: string, args: readonly unknown[]): Promise<number> => {
      const id = Number(await simulated(contract, functionName, args))
      await call(functionName, ...args)
      return id
    }
    await call('setInfernet', registry)
    return {
      ...{ address: place, send: call, read },
      request: (container, inputs, more = {}) => {
        const { redundancy = 1, paymentAmount = 0n, wallet = zeroAddress } = more
        return created('request', [container, inputs, redundancy, paymentAmount, wallet])
      },
      subscribe: (container, { frequency, period, isLazy = false }, more = {}) => {
        const { paymentToken = zeroAddress, paymentAmount = 0n } = more
        const { wallet = zeroAddress, verifier = zeroAddress } = more
        const payment = [paymentToken, paymentAmount, wallet, verifier]
        return created('subscribe', [container, frequency, period, isLazy, ...payment])
      },
      answered: async (times) => {
        while (Number(await read('answers')) < times) {
          await new Promise((done) => setImmediate(done))
        }
      },
    }
  }

  return {
    ...{ registry, consumer },
    wallet: async (held) => {
      const wallet = address(String(await simulated(infernet, 'createWallet', [])))
      await send({ contract: infernet, functionName: 'createWallet', args: [] })
      if (held === undefined) return wallet
      const contract: Contract = { name: 'StandInWallet', address: wallet, abi: walletAbi }
      await ask('anvil_setBalance', wallet, hexOf(held.amount))
      const args = [held.spender, zeroAddress, held.amount]
      await send({ contract, functionName: 'approve', args })
      return wallet
    },
    deliver: (id, interval) => {
      const args = [id, interval, '0x', '0x', '0x', zeroAddress]
      return send({ contract: infernet, functionName: 'deliverCompute', args })
    },
    read: (functionName, ...args) => simulated(infernet, functionName, args),
  }
}
