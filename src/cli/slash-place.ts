/*
 * Where a fault is reported: the chain of the evidence, the contracts that take stake there, and the account that sends. A
 * file of evidence names its own verifier, and whoever wrote it may be a thief: nothing is sent to contracts that neither the
 * person named nor this version's code vouches for.
 */
import { checkChainId, readContract } from '../chain/contracts.ts'
import { isGenuineReceiptVerifier } from '../chain/genuine-receipt-verifier.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { readQuantity } from '../chain/quantity.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { type FaultContracts, findFaultContracts, slashingAt } from '../chain/slashing-contract.ts'
import { readTokenLabel, type TokenLabel } from '../chain/token-label.ts'
import { openSender } from '../chain/transactions.ts'
import type { FaultEvidence } from '../client/fault-evidence.ts'
import type { ReceiptPlace } from '../client/parse-receipt-document.ts'
import { type Address, address } from '../domain/units.ts'
import { formatAmount } from './amounts.ts'
import { readOwnKey } from './channel-file.ts'
import { needed } from './channel-options.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { findAccount, type OperatorAccount } from './operator-account.ts'
import type { FaultOptions } from './slash-options.ts'

export type FaultPlace = {
  readonly rpc: JsonRpc
  readonly place: ReceiptPlace
  readonly contracts: FaultContracts
  /** What is staked and bonded. */
  readonly asset: TokenLabel
  readonly amount: (atomic: bigint) => string
}

/** Throws CommandFailure where the chain is another one, or the contracts are not to be trusted. */
export async function openFaultPlace(
  options: FaultOptions,
  of: {
    /** Undefined: whichever chain the node serves. */
    readonly chainId: number | undefined
    readonly verifyingContract: Address
  },
): Promise<FaultPlace> {
  const rpc = jsonRpc(needed('--rpc', options.rpcUrl))
  const chainId = of.chainId ?? Number(orFail(await readQuantity(rpc, 'eth_chainId', [])))
  orFail(await checkChainId(rpc, chainId))
  const { verifier } = options
  if (verifier !== undefined && verifier !== of.verifyingContract) {
    throw new CommandFailure(
      `the evidence is for the verifier ${of.verifyingContract}, and --verifier names ${verifier}`,
    )
  }
  if (
    verifier === undefined &&
    !orFail(await isGenuineReceiptVerifier(rpc, of.verifyingContract))
  ) {
    throw new CommandFailure(
      `${of.verifyingContract} and its registries do not run the code of this vouch version: if you trust it, say so by --verifier`,
    )
  }
  const contracts = orFail(await findFaultContracts(rpc, of.verifyingContract, options.named))
  const [token] = orFail(
    await readContract(rpc, { contract: contracts.gateways, functionName: 'asset', args: [] }),
  )
  const asset = orFail(await readTokenLabel(rpc, address(String(token))))
  return {
    rpc,
    place: { chainId, verifyingContract: of.verifyingContract },
    contracts,
    asset,
    amount: (atomic) => `${formatAmount(atomic, asset.decimals)} ${asset.symbol}`,
  }
}

/** The verifier that judges the evidence. A job names its coordinator only, which has one. */
export async function placeOfEvidence(
  options: FaultOptions,
  evidence: FaultEvidence,
): Promise<ReceiptPlace> {
  if (evidence.kind !== 'S6') return evidence.domain
  const rpc = jsonRpc(needed('--rpc', options.rpcUrl))
  // `verifier()` is the same function in both.
  const contract = { ...slashingAt(evidence.coordinator), name: 'InferenceCoordinator' }
  const [verifier] = orFail(
    await readContract(rpc, { contract, functionName: 'verifier', args: [] }),
  )
  return { chainId: evidence.chainId, verifyingContract: address(String(verifier)) }
}

/** The account that sends, without its password where it has one. */
export async function faultAccount(
  options: FaultOptions,
  terminal: Terminal,
): Promise<OperatorAccount> {
  const { keyFile, keystorePath, passwordFile, signerUrl, account } = options
  if (keyFile !== undefined) {
    const privateKey = await readOwnKey(keyFile)
    return {
      address: addressOfPrivateKey(privateKey),
      opensUnasked: true,
      openSender: async (chain) => openSender({ ...chain, privateKey }),
    }
  }
  if (keystorePath === undefined && signerUrl === undefined) {
    throw new CommandFailure('--key-file, --keystore or --signer-rpc is needed: who sends it', 2)
  }
  const terms = { keystorePath: keystorePath ?? '', passwordFile, keyFile, signerUrl, account }
  const found = await findAccount(terms, terminal)
  if (found !== undefined) return found
  throw new CommandFailure(`there is no keystore ${keystorePath}`)
}

/** Whose standing is shown where nobody sends: undefined unless an account was named. */
export async function namedAccount(
  options: FaultOptions,
  terminal: Terminal,
): Promise<Address | undefined> {
  const { keyFile, keystorePath, signerUrl, account } = options
  if (account !== undefined) return account
  const isNamed = keyFile ?? keystorePath ?? signerUrl
  return isNamed === undefined ? undefined : (await faultAccount(options, terminal)).address
}
