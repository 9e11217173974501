import { ok, type Result } from '../base/result.ts'
import { type Address, address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type CodeSource, notOurs, readValues, runsCode } from './contract-code.ts'
import {
  mirroredReceiptVerifierAbi,
  mirroredReceiptVerifierBytecode,
} from './generated/mirrored-receipt-verifier.ts'
import type { JsonRpc } from './json-rpc.ts'

const source: CodeSource = {
  name: 'MirroredReceiptVerifier',
  abi: mirroredReceiptVerifierAbi,
  bytecode: mirroredReceiptVerifierBytecode,
}

/** Where receipts are signed for. */
export type ReceiptHome = { readonly chainId: number; readonly verifyingContract: Address }

/**
 * Of which chain and ReceiptVerifier the receipts are that `verifier` verifies here; undefined where it is not the
 * MirroredReceiptVerifier of this version of Vouch.
 */
export async function readMirroredHome(
  rpc: JsonRpc,
  verifier: Address,
): Promise<Result<ReceiptHome | undefined, ChainFailure>> {
  const args = await readValues(rpc, { ...source, address: verifier }, [
    'contributors',
    'gateways',
    'receiptAnchor',
    'homeChainId',
    'homeVerifier',
  ])
  const genuine = args.ok
    ? await runsCode(rpc, { source, place: verifier, args: args.value })
    : notOurs(args.error)
  if (!genuine.ok) return genuine
  if (!genuine.value || !args.ok) return ok(undefined)
  const [, , , chainId, verifyingContract] = args.value
  return ok({
    chainId: Number(chainId),
    verifyingContract: address(String(verifyingContract)),
  })
}
