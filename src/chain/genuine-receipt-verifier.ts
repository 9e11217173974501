/*
 * Whether a ReceiptVerifier that a receipt names is one, and not a contract of a forger that says
 * yes to everything (contract-code.ts).
 *
 * Where verifier and registries run this code, a signing key is registered for an operator only if
 * that operator's own account did it, whoever deployed them.
 */
import { ok, type Result } from '../base/result.ts'
import { type Address, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type CodeSource, notOurs, readValues, runsCode } from './contract-code.ts'
import {
  contributorRegistryAbi,
  contributorRegistryBytecode,
} from './generated/contributor-registry.ts'
import { gatewayRegistryAbi, gatewayRegistryBytecode } from './generated/gateway-registry.ts'
import { receiptVerifierAbi, receiptVerifierBytecode } from './generated/receipt-verifier.ts'
import type { JsonRpc } from './json-rpc.ts'

const verifierSource: CodeSource = {
  name: 'ReceiptVerifier',
  abi: receiptVerifierAbi,
  bytecode: receiptVerifierBytecode,
}
const registrySources = {
  contributors: {
    name: 'ContributorRegistry',
    abi: contributorRegistryAbi,
    bytecode: contributorRegistryBytecode,
  },
  gateways: {
    name: 'GatewayRegistry',
    abi: gatewayRegistryAbi,
    bytecode: gatewayRegistryBytecode,
  },
} as const satisfies Record<string, CodeSource>

/** Whether the verifier and both of its registries run the code of this version of Vouch. */
export async function isGenuineReceiptVerifier(
  rpc: JsonRpc,
  verifier: Address,
): Promise<Result<boolean, ChainFailure>> {
  const parts = await readValues(rpc, { ...verifierSource, address: verifier }, [
    'contributors',
    'gateways',
    'receiptAnchor',
  ])
  if (!parts.ok) return notOurs(parts.error)
  const [contributors, gateways] = parts.value as [Address, Address]
  const checks = await Promise.all([
    runsCode(rpc, { source: verifierSource, place: verifier, args: parts.value }),
    isGenuineRegistry(rpc, { source: registrySources.contributors, place: contributors }),
    // The verifier's constructor sees to it that the contributors' registry keeps these keys, too.
    isGenuineRegistry(rpc, {
      source: registrySources.gateways,
      place: gateways,
      keyBook: contributors,
    }),
  ])
  for (const check of checks) {
    if (!check.ok || !check.value) return check
  }
  return ok(true)
}

async function isGenuineRegistry(
  rpc: JsonRpc,
  {
    source,
    place,
    keyBook,
  }: { readonly source: CodeSource; readonly place: Address; readonly keyBook?: Address },
): Promise<Result<boolean, ChainFailure>> {
  const terms = await readValues(rpc, { ...source, address: place }, [
    'asset',
    'minStake',
    'unbondingDelay',
    'insurance',
  ])
  if (!terms.ok) return notOurs(terms.error)
  const [asset, minStake, unbondingDelay, insurance] = terms.value
  // The admin is no part of the code, and any will do for the comparison.
  const args: unknown[] = [{ asset, minStake, unbondingDelay, insurance, admin: zeroAddress }]
  if (keyBook !== undefined) args.push(keyBook)
  return runsCode(rpc, { source, place, args })
}
