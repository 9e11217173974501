/*
 * Whether a ReceiptVerifier that a receipt names is one, and not a contract of a forger that says
 * yes to everything. The constructors are run again by eth_call with the arguments that the
 * contracts report, and what they would leave behind is compared with the code that is there.
 *
 * Where verifier and registries run this code, a signing key is registered for an operator only if
 * that operator's own account did it, whoever deployed them.
 */
import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import { type Address, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, codeAt, encodeConstructor, readContract } from './contracts.ts'
import {
  contributorRegistryAbi,
  contributorRegistryBytecode,
} from './generated/contributor-registry.ts'
import { gatewayRegistryAbi, gatewayRegistryBytecode } from './generated/gateway-registry.ts'
import { receiptVerifierAbi, receiptVerifierBytecode } from './generated/receipt-verifier.ts'
import type { JsonRpc } from './json-rpc.ts'

type Source = Pick<Contract, 'name' | 'abi'> & { readonly bytecode: Hex }

/** That this code is what stands there. */
type Claim = { readonly source: Source; readonly place: Address }

const verifierSource: Source = {
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
} as const satisfies Record<string, Source>

/** Whether the verifier and both of its registries run the code of this version of Vouch. */
export async function isGenuineReceiptVerifier(
  rpc: JsonRpc,
  verifier: Address,
): Promise<Result<boolean, ChainFailure>> {
  const parts = await readEach(rpc, { ...verifierSource, address: verifier }, [
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
  { source, place, keyBook }: Claim & { readonly keyBook?: Address },
): Promise<Result<boolean, ChainFailure>> {
  const terms = await readEach(rpc, { ...source, address: place }, [
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

async function readEach(
  rpc: JsonRpc,
  contract: Contract,
  functionNames: readonly string[],
): Promise<Result<readonly unknown[], ChainFailure>> {
  const answers = await Promise.all(
    functionNames.map((functionName) => readContract(rpc, { contract, functionName, args: [] })),
  )
  const values: unknown[] = []
  for (const answer of answers) {
    if (!answer.ok) return answer
    values.push(answer.value[0])
  }
  return ok(values)
}

async function runsCode(
  rpc: JsonRpc,
  claim: Claim & { readonly args: readonly unknown[] },
): Promise<Result<boolean, ChainFailure>> {
  const { abi, bytecode } = claim.source
  const args = await encodeConstructor(abi, claim.args)
  const data = `${bytecode}${args.slice(2)}`
  const [expected, actual] = await Promise.all([
    rpc.call('eth_call', [{ data }, 'latest']),
    codeAt(rpc, claim.place),
  ])
  if (!expected.ok) return notOurs(expected.error)
  return actual.ok ? ok(actual.value === expected.value) : actual
}

/**
 * A contract that reverts or answers oddly is another contract; a node that does not answer proves
 * nothing.
 */
const notOurs = (failure: ChainFailure): Result<boolean, ChainFailure> =>
  failure.reason === 'chain_unreachable' || failure.reason === 'chain_timeout'
    ? { ok: false, error: failure }
    : ok(false)
