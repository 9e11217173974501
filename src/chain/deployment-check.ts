import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, address, type Bytes32, isAddress } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { codeAt, explainRevert } from './contracts.ts'
import type { PlannedAppointment, PlannedContract } from './deployment-plan.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { isQuantity } from './quantity.ts'

/**
 * Whether the code at the address is what this version's constructor leaves behind with the planned
 * arguments: it is run again by eth_call. The address alone would prove as much on any real chain;
 * a development chain may have other code put anywhere.
 */
export async function compareCode(
  rpc: JsonRpc,
  contract: PlannedContract & { readonly creationCode: Hex },
): Promise<Result<boolean, ChainFailure>> {
  const actual = await codeAt(rpc, contract.address)
  if (!actual.ok) return actual
  const expected = await rpc.call('eth_call', [{ data: contract.creationCode }, 'latest'])
  if (expected.ok) return ok(actual.value === expected.value)
  const call = { contract, functionName: 'constructor', args: [] }
  return err(await explainRevert(expected.error, call))
}

/**
 * Everyone who got the role, from the contract's events: the one appointment may have named more
 * than the plan does. It is one transaction, so where that is known its block says all; else every
 * block is searched, which not every node does.
 */
export async function readAppointees(
  rpc: JsonRpc,
  { contract, eventName }: PlannedAppointment,
  transactionHash: Bytes32 | undefined,
): Promise<Result<readonly Address[], ChainFailure>> {
  const block = await blockOf(rpc, transactionHash)
  if (!block.ok) return block
  const method = 'eth_getLogs'
  const filter = {
    address: contract.address,
    topics: [keccak256Utf8(`${eventName}(address)`)],
    fromBlock: block.value ?? 'earliest',
    toBlock: block.value ?? 'latest',
  }
  const logs = await rpc.call(method, [filter])
  if (!logs.ok) return logs
  const appointees = Array.isArray(logs.value) ? logs.value.map(lastTopic) : [undefined]
  return appointees.every((appointee) => appointee !== undefined)
    ? ok(appointees)
    : err(badAnswer({ origin: rpc.origin, method, detail: 'no list of events with an address' }))
}

/** Undefined where the node does not know the transaction (any more). */
async function blockOf(
  rpc: JsonRpc,
  transactionHash: Bytes32 | undefined,
): Promise<Result<string | undefined, ChainFailure>> {
  if (transactionHash === undefined) return ok(undefined)
  const receipt = await rpc.call('eth_getTransactionReceipt', [transactionHash])
  if (!receipt.ok) return receipt
  const block = (receipt.value as { readonly blockNumber?: unknown } | null)?.blockNumber
  return ok(isQuantity(block) ? block : undefined)
}

/** An indexed address is the last 20 bytes of its topic. */
function lastTopic(log: { readonly topics?: readonly unknown[] } | null): Address | undefined {
  const account = `0x${String(log?.topics?.[1]).slice(-40)}`
  return isAddress(account) ? address(account) : undefined
}
