import { ok, type Result } from '../base/result.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

/** What this gateway uses of a token with transfers by authorization, in the form that also takes contract wallets. */
const erc3009Abi = [
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
] as const

export const erc3009At = (address: Address): Contract => ({
  name: 'Token',
  address,
  abi: erc3009Abi,
})

/** Whether the authorization with this nonce was executed or cancelled. */
export async function isAuthorizationUsed(
  rpc: JsonRpc,
  token: Contract,
  authorization: { readonly from: Address; readonly nonce: Bytes32 },
): Promise<Result<boolean, ChainFailure>> {
  const read = await readContract(rpc, {
    contract: token,
    functionName: 'authorizationState',
    args: [authorization.from, authorization.nonce],
  })
  return read.ok ? ok(read.value[0] === true) : read
}
