/*
 * Deployment through the CREATE2 factory that practically every chain has (and anvil is born with).
 * An address follows from code, arguments and salt alone, so a deployment can be repeated: what
 * stands already is left alone, and new code gets a new address. Whoever else deploys the same
 * first has deployed it for us.
 */
import type { InterfaceAbi } from 'ethers'
import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import { type Address, type Bytes32, zeroBytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { checkCode, codeAt, encodeConstructor } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex } from './keccak.ts'
import type { Sender } from './transactions.ts'

/** Takes a salt and creation code as calldata and creates the contract by CREATE2. */
export const standardDeployer = '0x4e59b44847b379578588920ca78fbf26c0b4956c' as Address
/** Signed one transaction, the same for every chain, that creates it; nobody has its key. */
export const standardDeployerSigner = '0x3fab184622dc19b6109349b94811493bf2a45362' as Address
/** What stands there on every chain: 69 bytes without owner or state. */
export const standardDeployerCode: Hex =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3'

export type Deployment = {
  readonly name: string
  readonly abi: InterfaceAbi
  readonly bytecode: Hex
  /** Of the constructor. */
  readonly args: readonly unknown[]
}

/** Creation code with its arguments, and the salt that tells two deployments of the same apart. */
export type Creation = { readonly creationCode: Hex; readonly salt: Bytes32 }

export async function creationCodeOf({ abi, bytecode, args }: Deployment): Promise<Hex> {
  const encoded = await encodeConstructor(abi, args)
  return `${bytecode}${encoded.slice(2)}`
}

/** EIP-1014, with the standard deployer as the creator. */
export function create2Address({ creationCode, salt }: Creation): Address {
  const codeHash = keccak256Hex(creationCode.slice(2))
  const preimage = `ff${standardDeployer.slice(2)}${salt.slice(2)}${codeHash.slice(2)}`
  assert(preimage.length === 170, 'CREATE2 hashes 85 bytes')
  return `0x${keccak256Hex(preimage).slice(26)}` as Address
}

/** What to send so that the standard deployer creates it. Reverts where it stands already. */
export const creationTransaction = ({
  creationCode,
  salt,
}: Creation): { readonly to: Address; readonly data: Hex } => ({
  to: standardDeployer,
  data: `0x${salt.slice(2)}${creationCode.slice(2)}`,
})

/** Puts the contract on the chain, with salt zero, unless it is there. Answers its address. */
export async function deployOnce(
  rpc: JsonRpc,
  sender: Sender,
  deployment: Deployment,
): Promise<Result<Address, ChainFailure>> {
  const creation = { creationCode: await creationCodeOf(deployment), salt: zeroBytes32 }
  const address = create2Address(creation)
  const present = await codeAt(rpc, address)
  if (!present.ok) return present
  if (present.value !== '0x') return ok(address)
  const sent = await sender.transact(creationTransaction(creation))
  if (!sent.ok) return sent
  const deployed = await checkCode(rpc, [{ name: deployment.name, address }])
  return deployed.ok ? ok(address) : deployed
}
