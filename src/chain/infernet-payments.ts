/* What of an Infernet payment reaches a node: its fees, its wallets and its verifiers, as the SDK's Coordinator counts them. */
import { ok, type Result } from '../base/result.ts'
import { type Address, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { readContract } from './contracts.ts'
import type { InfernetSubscription } from './infernet-subscription.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readQuantity } from './quantity.ts'
import { readEach } from './read-each.ts'

const feeAbi = ['function FEE() view returns (uint16)']
const walletFactoryAbi = ['function isValidWallet(address) view returns (bool)']
const walletAbi = ['function allowance(address spender, address token) view returns (uint256)']
const tokenAbi = ['function balanceOf(address account) view returns (uint256)']
const verifierAbi = [
  'function isSupportedToken(address) view returns (bool)',
  'function fee(address) view returns (uint256)',
]

/** Basis points of which Infernet's fee is a number. */
const feeScale = 10_000n

/** What Infernet takes of a payment before a node has it. */
export type InfernetFees = {
  /** Basis points; taken twice from the payment, and once from a verifier's fee. */
  readonly protocolBasisPoints: number
  /** Of the verifier; 0 where there is none. */
  readonly verifierFee: bigint
  /** Whether the verifier takes the token at all; true where there is none. */
  readonly isTokenTaken: boolean
}

export async function readInfernetFees(
  rpc: JsonRpc,
  fee: Address,
  { verifier, paymentToken }: Pick<InfernetSubscription, 'verifier' | 'paymentToken'>,
): Promise<Result<InfernetFees, ChainFailure>> {
  const protocol = { name: 'Infernet Fee', address: fee, abi: feeAbi }
  const asked = { contract: protocol, functionName: 'FEE', args: [] }
  const judge = { name: 'verifier', address: verifier, abi: verifierAbi }
  const read = await readEach(rpc, [
    asked,
    ...(verifier === zeroAddress
      ? []
      : ['isSupportedToken', 'fee'].map((functionName) => ({
          contract: judge,
          functionName,
          args: [paymentToken],
        }))),
  ])
  if (!read.ok) return read
  const [[points] = [], [taken] = [true], [verifierFee] = [0n]] = read.value
  return ok({
    protocolBasisPoints: Number(points),
    isTokenTaken: taken === true,
    verifierFee: BigInt(verifierFee as bigint),
  })
}

/** What of a payment reaches the node's wallet, rounded as Infernet rounds; never below zero. */
export function nodeShare(paymentAmount: bigint, fees: InfernetFees): bigint {
  const toProtocol = (paymentAmount * BigInt(2 * fees.protocolBasisPoints)) / feeScale
  const share = paymentAmount - toProtocol - fees.verifierFee
  return share > 0n ? share : 0n
}

/** Whether Infernet's factory made both: payments between any others revert. */
export async function readAreWallets(
  rpc: JsonRpc,
  walletFactory: Address,
  wallets: readonly Address[],
): Promise<Result<boolean, ChainFailure>> {
  const factory = { name: 'WalletFactory', address: walletFactory, abi: walletFactoryAbi }
  const read = await readEach(
    rpc,
    wallets.map((wallet) => ({
      contract: factory,
      functionName: 'isValidWallet',
      args: [wallet],
    })),
  )
  return read.ok ? ok(read.value.every(([isValid]) => isValid === true)) : read
}

/**
 * Whether the wallet lets its consumer spend so much and has it. What of it is locked for other proofs no wallet tells, so that yes
 * is no promise; a delivery is tried out before it is sent.
 */
export async function readCanPay(
  rpc: JsonRpc,
  { owner, wallet, paymentToken, paymentAmount }: InfernetSubscription,
): Promise<Result<boolean, ChainFailure>> {
  const allowed = await readContract(rpc, {
    contract: { name: 'Infernet Wallet', address: wallet, abi: walletAbi },
    functionName: 'allowance',
    args: [owner, paymentToken],
  })
  if (!allowed.ok) return allowed
  if (BigInt(allowed.value[0] as bigint) < paymentAmount) return ok(false)
  if (paymentToken === zeroAddress) {
    const balance = await readQuantity(rpc, 'eth_getBalance', [wallet, 'latest'])
    return balance.ok ? ok(balance.value >= paymentAmount) : balance
  }
  const held = await readContract(rpc, {
    contract: { name: 'token', address: paymentToken, abi: tokenAbi },
    functionName: 'balanceOf',
    args: [wallet],
  })
  return held.ok ? ok(BigInt(held.value[0] as bigint) >= paymentAmount) : held
}
