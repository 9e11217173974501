import { err, ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { domainSeparator } from './typed-data.ts'

/** Name and version of a token's own EIP-712 domain, in which ERC-3009 authorizations are signed. */
export type TokenDomain = { readonly name: string; readonly version: string }

const text = (name: string) =>
  ({
    type: 'function',
    name,
    inputs: [],
    outputs: [{ name: '', type: 'string' }],
    stateMutability: 'view',
  }) as const
const tokenAbi = [
  text('name'),
  text('version'),
  {
    type: 'function',
    name: 'DOMAIN_SEPARATOR',
    inputs: [],
    outputs: [{ name: '', type: 'bytes32' }],
    stateMutability: 'view',
  },
] as const

/**
 * As the token itself says, and compared with the separator that it uses: a wrong name or version would show only when a
 * deposit that a payer signed is refused.
 */
export async function readTokenDomain(
  rpc: JsonRpc,
  token: { readonly chainId: number; readonly address: Address },
): Promise<Result<TokenDomain, ChainFailure>> {
  const contract: Contract = { name: 'token', address: token.address, abi: tokenAbi }
  const read = (functionName: string) => readContract(rpc, { contract, functionName, args: [] })
  const [name, version, separator] = await Promise.all([
    read('name'),
    read('version'),
    read('DOMAIN_SEPARATOR'),
  ])
  if (!name.ok) return name
  if (!version.ok) return version
  if (!separator.ok) return separator
  const domain = { name: String(name.value[0]), version: String(version.value[0]) }
  const place = { chainId: token.chainId, verifyingContract: token.address }
  const expected = domainSeparator({ ...domain, ...place }).slice(4)
  if (separator.value[0] === `0x${expected}`) return ok(domain)
  const detail = 'name() and version() do not give its DOMAIN_SEPARATOR()'
  return err(badAnswer({ origin: rpc.origin, method: 'token', detail }))
}

const decimalsAbi = [
  {
    type: 'function',
    name: 'decimals',
    inputs: [],
    outputs: [{ name: '', type: 'uint8' }],
    stateMutability: 'view',
  },
] as const

/** As the token itself says. */
export async function readTokenDecimals(
  rpc: JsonRpc,
  address: Address,
): Promise<Result<number, ChainFailure>> {
  const contract: Contract = { name: 'token', address, abi: decimalsAbi }
  const read = await readContract(rpc, { contract, functionName: 'decimals', args: [] })
  return read.ok ? ok(Number(read.value[0])) : read
}
