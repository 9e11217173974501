/*
 * Tokens with transfers by signed authorization (ERC-3009). Whether one was executed is read from the token's events: a
 * cancelled authorization is used, too, and brought nothing.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type Address, type Bytes32, bytes32, isBytes32, type Signature } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { authorizationDigest, type TokenAuthorization } from './channel-typed-data.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { hexQuantity, parseQuantity } from './quantity.ts'
import { addressWord, type DomainSeparator, typeHash, uintWord } from './typed-data.ts'

/** What this gateway uses of such a token, in the form that also takes contract wallets. */
const erc3009Abi = [
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
] as const

export const erc3009At = (address: Address): Contract => ({
  name: 'Token',
  address,
  abi: erc3009Abi,
})

/** A transfer that its sender signed and anyone may send. */
export type SignedTransfer = TokenAuthorization & { readonly signature: Signature }

const transferWithAuthorizationTypeHash = typeHash(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,' +
    'uint256 validBefore,bytes32 nonce)',
)

/** What the sender signed. `tokenDomain` is the token's own EIP-712 domain. */
export const transferDigest = (
  tokenDomain: DomainSeparator,
  transfer: TokenAuthorization,
): Bytes32 => authorizationDigest(transferWithAuthorizationTypeHash, tokenDomain, transfer)

export const transferCall = (token: Contract, transfer: SignedTransfer): ContractCall => {
  const { from, to, value, validAfter, validBefore, nonce, signature } = transfer
  return {
    contract: token,
    functionName: 'transferWithAuthorization',
    args: [from, to, value, validAfter, validBefore, nonce, signature],
  }
}

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

const usedTopic = keccak256Utf8('AuthorizationUsed(address,bytes32)')
const transferTopic = keccak256Utf8('Transfer(address,address,uint256)')

type Log = {
  readonly topics: readonly string[]
  readonly data: string
  readonly logIndex: number
  readonly transactionHash: Bytes32
  readonly blockNumber: number
}

/**
 * The transaction that made exactly this transfer by its authorization, in the last `blocks` blocks; undefined where none
 * did. The token tells that a nonce was used and, in the next event, what it moved: a payer can sign two authorizations
 * with one nonce, and the other one does not pay us.
 */
export async function findTransfer(
  rpc: JsonRpc,
  token: Contract,
  asked: {
    readonly transfer: Omit<SignedTransfer, 'signature'>
    readonly head: number
    readonly blocks: number
  },
): Promise<Result<Pick<Log, 'transactionHash' | 'blockNumber'> | undefined, ChainFailure>> {
  const { from, to, value, nonce } = asked.transfer
  const range = {
    address: token.address,
    fromBlock: hexQuantity(Math.max(0, asked.head - asked.blocks)),
  }
  const topics = [usedTopic, `0x${addressWord(from)}`, nonce]
  const used = await readLogs(rpc, { ...range, toBlock: 'latest', topics })
  if (!used.ok) return used
  const [use] = used.value
  if (use === undefined) return ok(undefined)
  const block = hexQuantity(use.blockNumber)
  const moved = await readLogs(rpc, {
    address: token.address,
    fromBlock: block,
    toBlock: block,
    topics: [transferTopic, `0x${addressWord(from)}`, `0x${addressWord(to)}`],
  })
  if (!moved.ok) return moved
  const next = moved.value.find(({ logIndex }) => logIndex === use.logIndex + 1)
  const isIt =
    next?.transactionHash === use.transactionHash && next.data === `0x${uintWord(value, 256)}`
  return ok(isIt ? use : undefined)
}

async function readLogs(
  rpc: JsonRpc,
  filter: {
    readonly address: Address
    readonly fromBlock: string
    readonly toBlock: string
    readonly topics: readonly string[]
  },
): Promise<Result<readonly Log[], ChainFailure>> {
  const method = 'eth_getLogs'
  const answer = await rpc.call(method, [filter])
  if (!answer.ok) return answer
  const logs = Array.isArray(answer.value) ? answer.value.map(asLog) : [undefined]
  return logs.every((log) => log !== undefined)
    ? ok(logs)
    : err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
}

function asLog(value: unknown): Log | undefined {
  const { topics, data, logIndex, transactionHash, blockNumber } = Object(value) as Record<
    string,
    unknown
  >
  const [index, block] = [parseQuantity(logIndex), parseQuantity(blockNumber)]
  if (index === undefined || block === undefined || !isBytes32(transactionHash)) return undefined
  return {
    topics: Array.isArray(topics) ? topics.map(String) : [],
    data: String(data),
    logIndex: Number(index),
    transactionHash: bytes32(transactionHash),
    blockNumber: Number(block),
  }
}
