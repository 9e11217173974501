/*
 * Deployment through the CREATE2 factory that practically every chain has (and anvil is born with). An address follows
 * from code and arguments alone, so a deployment can be repeated: what stands already is left alone, and new code gets a
 * new address.
 */
import type { InterfaceAbi } from 'ethers'
import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, zeroBytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { codeAt, encodeConstructor } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex } from './keccak.ts'
import type { Sender } from './transactions.ts'

const factory = '0x4e59b44847b379578588920ca78fbf26c0b4956c' as Address

export type Deployment = {
  readonly name: string
  readonly abi: InterfaceAbi
  readonly bytecode: Hex
  /** Of the constructor. */
  readonly args: readonly unknown[]
}

/** Puts the contract on the chain unless it is there. Answers its address. */
export async function deployOnce(
  rpc: JsonRpc,
  sender: Sender,
  deployment: Deployment,
): Promise<Result<Address, ChainFailure>> {
  const args = await encodeConstructor(deployment.abi, deployment.args)
  const creationCode = `${deployment.bytecode.slice(2)}${args.slice(2)}`
  const address = create2Address(creationCode)
  const present = await codeAt(rpc, address)
  if (!present.ok) return present
  if (present.value !== '0x') return ok(address)

  const sent = await sender.transact({
    to: factory,
    data: `0x${zeroBytes32.slice(2)}${creationCode}`,
  })
  if (!sent.ok) return sent
  const deployed = await codeAt(rpc, address)
  if (!deployed.ok) return deployed
  if (deployed.value !== '0x') return ok(address)
  const detail = `no ${deployment.name} at the address that CREATE2 gives`
  return err(badAnswer({ origin: rpc.origin, method: 'eth_getCode', detail }))
}

/** EIP-1014, with salt zero. */
function create2Address(creationCode: string): Address {
  const codeHash = keccak256Hex(creationCode)
  const preimage = `ff${factory.slice(2)}${zeroBytes32.slice(2)}${codeHash.slice(2)}`
  assert(preimage.length === 170, 'CREATE2 hashes 85 bytes')
  return `0x${keccak256Hex(preimage).slice(26)}` as Address
}
