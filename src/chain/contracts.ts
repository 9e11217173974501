import type { Interface, InterfaceAbi } from 'ethers'
import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, isHex } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { loadInterface } from './load-interface.ts'

/** A contract as others need it: where it is, how it is called, and its name for messages. */
export type Contract = {
  readonly name: string
  readonly address: Address
  readonly abi: InterfaceAbi
}

/** One call of a function, its arguments in the order and types that ethers takes (bigint, hex, plain objects). */
export type ContractCall = {
  readonly contract: Contract
  readonly functionName: string
  readonly args: readonly unknown[]
}

const interfaces = new WeakMap<object, Interface>()

/** An ABI is parsed once. */
async function interfaceOf(abi: InterfaceAbi): Promise<Interface> {
  assert(typeof abi === 'object', 'an ABI is one of chain/generated')
  const known = interfaces.get(abi)
  if (known !== undefined) return known
  const Interface = await loadInterface()
  const parsed = new Interface(abi)
  interfaces.set(abi, parsed)
  return parsed
}

export async function encodeCall(call: ContractCall): Promise<Hex> {
  const abi = await interfaceOf(call.contract.abi)
  return abi.encodeFunctionData(call.functionName, [...call.args]) as Hex
}

/** Constructor arguments as they are appended to a contract's creation code. */
export async function encodeConstructor(abi: InterfaceAbi, args: readonly unknown[]): Promise<Hex> {
  return (await interfaceOf(abi)).encodeDeploy([...args]) as Hex
}

/** Calls without a transaction, at the latest block. Answers what the function returns, one element for each value. */
export async function readContract(
  rpc: JsonRpc,
  call: ContractCall & { readonly from?: Address },
): Promise<Result<readonly unknown[], ChainFailure>> {
  const { contract, functionName } = call
  const [abi, data] = await Promise.all([interfaceOf(contract.abi), encodeCall(call)])
  const sender = call.from === undefined ? {} : { from: call.from }
  const answer = await rpc.call('eth_call', [{ to: contract.address, data, ...sender }, 'latest'])
  if (!answer.ok) return err(await explainRevert(answer.error, call))
  // An address without code answers every call with nothing.
  if (answer.value === '0x') return err(missing(contract))
  try {
    return ok(abi.decodeFunctionResult(functionName, String(answer.value)).toArray())
  } catch {
    const method = `${contract.name}.${functionName}`
    return err(badAnswer({ origin: rpc.origin, method, detail: 'the answer does not decode' }))
  }
}

/** Replaces a node's "execution reverted" by the contract's own error. Other failures pass unchanged. */
export async function explainRevert(
  failure: ChainFailure,
  call: ContractCall,
): Promise<ChainFailure> {
  if (failure.reason !== 'chain_error') return failure
  const reverted = failure.data !== undefined || failure.message.includes('revert')
  if (!reverted) return failure
  return {
    reason: 'reverted',
    call: `${call.contract.name}.${call.functionName}`,
    error: await describeRevert(call.contract.abi, failure),
  }
}

async function describeRevert(
  abi: InterfaceAbi,
  failure: { readonly message: string; readonly data: Hex | undefined },
): Promise<string> {
  const { data } = failure
  if (data === undefined || data === '0x') return failure.message
  const parsed = (await interfaceOf(abi)).parseError(data)
  // The error of a contract further down (a token, a collector) is not in this one's ABI.
  if (parsed === null) return `unknown error ${data.slice(0, 10)}`
  const args = parsed.fragment.inputs.map((input, i) => `${input.name} ${String(parsed.args[i])}`)
  return `${parsed.name}(${args.join(', ')})`
}

/** Says so in one failure when the node serves another chain than the one that is configured. */
export async function checkChainId(
  rpc: JsonRpc,
  expected: number,
): Promise<Result<void, ChainFailure>> {
  const answer = await rpc.call('eth_chainId', [])
  if (!answer.ok) return answer
  const actual = Number(answer.value)
  if (!Number.isSafeInteger(actual)) {
    return err(badAnswer({ origin: rpc.origin, method: 'eth_chainId', detail: 'no number' }))
  }
  if (actual === expected) return ok(undefined)
  return err({ reason: 'chain_id_mismatch', origin: rpc.origin, expected, actual })
}

/** The first contract without code at its address is the failure. */
export async function checkCode(
  rpc: JsonRpc,
  contracts: readonly Pick<Contract, 'name' | 'address'>[],
): Promise<Result<void, ChainFailure>> {
  for (const contract of contracts) {
    const code = await codeAt(rpc, contract.address)
    if (!code.ok) return code
    if (code.value === '0x') return err(missing(contract))
  }
  return ok(undefined)
}

/** Runtime code; `0x` where there is none. */
export async function codeAt(rpc: JsonRpc, address: Address): Promise<Result<Hex, ChainFailure>> {
  const answer = await rpc.call('eth_getCode', [address, 'latest'])
  if (!answer.ok) return answer
  if (isHex(answer.value)) return ok(answer.value)
  return err(badAnswer({ origin: rpc.origin, method: 'eth_getCode', detail: 'no code' }))
}

const missing = ({ name, address }: Pick<Contract, 'name' | 'address'>): ChainFailure => ({
  reason: 'contract_missing',
  name,
  address,
})
