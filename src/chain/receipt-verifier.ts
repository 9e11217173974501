import { err, ok, type Result } from '../base/result.ts'
import type { SignedReceipt } from '../domain/receipt.ts'
import { type Address, type Bytes32, bytes32, zeroAddress, zeroBytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { receiptVerifierAbi } from './generated/receipt-verifier.ts'
import type { JsonRpc } from './json-rpc.ts'

export const receiptVerifierAt = (address: Address): Contract => ({
  name: 'ReceiptVerifier',
  address,
  abi: receiptVerifierAbi,
})

const anyPolicy = { modelId: zeroBytes32, minTiers: 0, maxAge: 0, gateway: zeroAddress }

/** The contract's verdict on both signatures and both keys; the digest is the receipt's, valid or not. */
export async function verifyOnChain(
  rpc: JsonRpc,
  verifier: Contract,
  signed: SignedReceipt,
): Promise<Result<{ readonly valid: boolean; readonly digest: Bytes32 }, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: verifier,
    functionName: 'verify',
    args: [signed.receipt, signed.contributorSignature, signed.gatewaySignature],
  })
  if (!answer.ok) return err(answer.error)
  const [valid, digest] = answer.value
  return ok({ valid: valid === true, digest: bytes32(String(digest)) })
}

/** As `verifyOnChain`, and the content is the one that was attested. The content becomes public calldata of the node. */
export async function verifyContentOnChain(
  rpc: JsonRpc,
  verifier: Contract,
  signed: SignedReceipt & { readonly content: Uint8Array },
): Promise<Result<boolean, ChainFailure>> {
  const { receipt, contributorSignature, gatewaySignature, content } = signed
  const answer = await readContract(rpc, {
    contract: verifier,
    functionName: 'verifyContent',
    args: [receipt, contributorSignature, gatewaySignature, content, anyPolicy],
  })
  return answer.ok ? ok(answer.value[0] === true) : err(answer.error)
}

/** The registries that a verifier asks. */
export async function readRegistries(
  rpc: JsonRpc,
  verifier: Contract,
): Promise<Result<{ readonly contributors: Address; readonly gateways: Address }, ChainFailure>> {
  const [contributors, gateways] = await Promise.all([
    readContract(rpc, { contract: verifier, functionName: 'contributors', args: [] }),
    readContract(rpc, { contract: verifier, functionName: 'gateways', args: [] }),
  ])
  if (!contributors.ok) return contributors
  if (!gateways.ok) return gateways
  return ok({
    contributors: String(contributors.value[0]).toLowerCase() as Address,
    gateways: String(gateways.value[0]).toLowerCase() as Address,
  })
}
