/*
 * The half of verification that asks a chain: whose keys signed, what the verifier contract itself
 * says, and what is on record. An answer that does not come makes its line `unknown`, never
 * `holds`.
 */

import type { Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { checkChainId, codeAt } from '../chain/contracts.ts'
import { isGenuineReceiptVerifier } from '../chain/genuine-receipt-verifier.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import {
  callVerify,
  callVerifyContent,
  readChannelSums,
  readPriceSheetPublishedAt,
  readReceiptStatus,
  readRegistry,
} from '../chain/receipt-verifier-contract.ts'
import { type Address, zeroAddress, zeroBytes32 } from '../domain/units.ts'
import { checkpointSigners } from './check-checkpoints.ts'
import { contractContent } from './check-content.ts'
import { type CheckLine, type CheckName, fails, holds, unknown } from './check-line.ts'
import { checkRegisteredKey, checkRegistration } from './check-registration.ts'
import { claimsContributor } from './check-signatures.ts'
import { describeTime } from './describe-time.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { recoverSigners, type Signer, type Signers } from './recover-signers.ts'
import type { Verification } from './verify-receipt.ts'

/**
 * All calls read the latest block. Every call is bounded in time by the JsonRpc; nothing is sent
 * that changes a chain.
 */
export async function verifyOnChain(
  rpc: JsonRpc,
  verification: Verification,
): Promise<readonly CheckLine[]> {
  const { domain } = verification.receipt
  const chainLine = await checkChain(rpc, domain.chainId)
  if (chainLine.verdict !== 'holds') return [chainLine]
  const contractLine = await checkVerifierContract(rpc, verification)
  if (contractLine.verdict === 'fails') return [chainLine, contractLine]
  const signers = recoverSigners(verification.receipt)
  const trusted = contractLine.verdict === 'holds'
  const lines = await Promise.all([
    checkVerifyCall(rpc, verification, signers),
    checkContentCall(rpc, verification),
    ...partiesOf(verification.receipt, signers).map((party) =>
      checkParty(rpc, verification.receipt, { ...party, trusted }),
    ),
    checkCheckpointKeys(rpc, verification.receipt, trusted),
    checkStatus(rpc, domain.verifyingContract, signers),
    checkChannel(rpc, verification),
  ])
  return [chainLine, contractLine, ...lines.flat()]
}

async function checkChain(rpc: JsonRpc, chainId: number): Promise<CheckLine> {
  const answer = await checkChainId(rpc, chainId)
  if (answer.ok) return holds('chain', `${rpc.origin} serves chain ${chainId}`)
  const { error } = answer
  return error.reason === 'chain_id_mismatch'
    ? fails('chain', `${rpc.origin} serves chain ${error.actual}, the receipt is for ${chainId}`)
    : unknown('chain', describeChainFailure(error))
}

/**
 * Whether what this contract says of keys counts: a person trusts it, or its code leaves no choice.
 */
async function checkVerifierContract(
  rpc: JsonRpc,
  { receipt, anchors }: Verification,
): Promise<CheckLine> {
  const check = 'verifier-contract'
  const { verifyingContract } = receipt.domain
  const code = await codeAt(rpc, verifyingContract)
  if (!code.ok) return unknown(check, describeChainFailure(code.error))
  if (code.value === '0x') return fails(check, `there is no contract at ${verifyingContract}`)
  if (anchors.receiptVerifier !== undefined) {
    return holds(check, `${verifyingContract} has code, and you trust it`)
  }
  return judge(check, await isGenuineReceiptVerifier(rpc, verifyingContract), (genuine) =>
    genuine
      ? holds(check, `${verifyingContract} and its registries run the code of this vouch version`)
      : unknown(
          check,
          `nobody but the receipt says that ${verifyingContract} is a verifier to trust, and its ` +
            'code is not that of this vouch version: pin it with --verifier or --trust',
        ),
  )
}

async function checkVerifyCall(
  rpc: JsonRpc,
  { receipt }: Verification,
  signers: Signers,
): Promise<readonly CheckLine[]> {
  const check = 'verify-call'
  const answer = await callVerify(rpc, receipt.domain.verifyingContract, receipt)
  const line = judge(check, answer, ({ ok, digest }) => {
    if (digest !== signers.receiptDigest) {
      return fails(check, `the contract computes another digest: ${digest}`)
    }
    return ok
      ? holds(check, 'the contract gives the same digest and accepts both signatures')
      : fails(check, 'the contract does not accept the signatures')
  })
  return line.verdict === 'holds' ? [line, ...acceptedWallets(receipt, signers)] : [line]
}

/** A signature that only its contract wallet can judge was judged by it in the verifier's call. */
const acceptedWallets = (parsed: ParsedReceipt, signers: Signers): readonly CheckLine[] =>
  partiesOf(parsed, signers)
    .filter(({ signer }) => signer.kind === 'wallet')
    .map(({ role }) => holds(`${role}-signature`, 'the contract wallet accepts it'))

/** No line where no content was given: the offline line says so already. */
async function checkContentCall(
  rpc: JsonRpc,
  { receipt: parsed, evidence, policy }: Verification,
): Promise<readonly CheckLine[]> {
  const check = 'verify-content-call'
  if (evidence.content.length === 0) return []
  const content = contractContent(parsed.receipt, evidence.content)
  if (content === undefined) {
    return [unknown(check, 'the contract compares one answer only, and there are several choices')]
  }
  const answer = await callVerifyContent(rpc, parsed.domain.verifyingContract, {
    signed: parsed,
    content,
    policy: {
      modelId: policy.modelId ?? zeroBytes32,
      minTiers: policy.tiers ?? 0,
      maxAge: policy.maxAgeS ?? 0,
      gateway: policy.gateway ?? zeroAddress,
    },
  })
  return [
    judge(check, answer, (accepted) =>
      accepted
        ? holds(check, 'the contract accepts this content under your policy')
        : fails(check, 'the contract does not accept this content under your policy'),
    ),
  ]
}

type Party = {
  readonly role: 'gateway' | 'contributor'
  readonly operator: Address
  readonly signer: Signer
}

/** The contributor is asked about only where the receipt says that it signed. */
function partiesOf(parsed: ParsedReceipt, signers: Signers): readonly Party[] {
  const { gateway, contributor } = parsed.receipt.work
  const first: Party = { role: 'gateway', operator: gateway, signer: signers.gateway }
  return claimsContributor(parsed)
    ? [first, { role: 'contributor', operator: contributor, signer: signers.contributor }]
    : [first]
}

/**
 * What the registry of this party's kind says of its key, its stake and, where the prices are its
 * own, of the sheet.
 */
async function checkParty(
  rpc: JsonRpc,
  parsed: ParsedReceipt,
  { role, operator, signer, trusted }: Party & { readonly trusted: boolean },
): Promise<readonly CheckLine[]> {
  const { receipt, priceSheet, domain } = parsed
  const registry = await readRegistry(rpc, domain.verifyingContract, `${role}s`)
  if (!registry.ok) return [unknown(`${role}-key`, describeChainFailure(registry.error))]
  const question = {
    registry: registry.value,
    operator,
    finishedAt: receipt.work.finishedAt,
    trusted,
  }
  const lines = await Promise.all([
    checkRegisteredKey(rpc, `${role}-key`, { ...question, signer }),
    checkRegistration(rpc, `${role}-registration`, question),
  ])
  if (priceSheet.operator !== operator) return lines
  return [...lines, await checkPublished(rpc, registry.value, parsed)]
}

/**
 * Of a stream without a Work the contributor signed checkpoints, each with a key that was active then; what it has at stake
 * counts as for a Work.
 */
async function checkCheckpointKeys(
  rpc: JsonRpc,
  parsed: ParsedReceipt,
  trusted: boolean,
): Promise<readonly CheckLine[]> {
  const check = 'checkpoint-key'
  const signed = checkpointSigners(parsed)
  if (signed.length === 0) return []
  const registry = await readRegistry(rpc, parsed.domain.verifyingContract, 'contributors')
  if (!registry.ok) return [unknown(check, describeChainFailure(registry.error))]
  const { contributor: operator, finishedAt } = parsed.receipt.work
  const question = { registry: registry.value, operator, trusted }
  return Promise.all([
    ...signed.map(({ checkpoint, signer }) =>
      checkRegisteredKey(rpc, check, { ...question, finishedAt: checkpoint.signedAt, signer }),
    ),
    checkRegistration(rpc, 'contributor-registration', { ...question, finishedAt }),
  ])
}

async function checkPublished(
  rpc: JsonRpc,
  registry: Address,
  { receipt }: Verification['receipt'],
): Promise<CheckLine> {
  const check = 'price-sheet-published'
  return judge(
    check,
    await readPriceSheetPublishedAt(rpc, registry, receipt.priceHash),
    (publishedAt) =>
      publishedAt === 0n
        ? unknown(
            check,
            'the sheet is not on record, so an overcharge could not be proven on chain',
          )
        : holds(check, `on record since ${describeTime(Number(publishedAt))}`),
  )
}

const statusWords = {
  0: holds('receipt-status', 'nothing on record against it: not challenged, not invalidated'),
  1: holds('receipt-status', 'anchored'),
  2: unknown('receipt-status', 'challenged: a dispute over this receipt is open'),
  3: fails('receipt-status', 'invalidated'),
} as const

async function checkStatus(rpc: JsonRpc, verifier: Address, signers: Signers): Promise<CheckLine> {
  const check = 'receipt-status'
  return judge(check, await readReceiptStatus(rpc, verifier, signers.receiptDigest), (status) =>
    status in statusWords
      ? statusWords[status as keyof typeof statusWords]
      : unknown(check, `status ${status}, which this verifier does not know`),
  )
}

async function checkChannel(
  rpc: JsonRpc,
  { receipt: parsed, anchors }: Verification,
): Promise<CheckLine> {
  const check = 'channel'
  const { channelId, cumulative } = parsed.receipt
  const answer = await readChannelSums(rpc, anchors.channelSettlement, channelId)
  return judge(check, answer, ({ balance, totalClaimed }) => {
    if (balance === 0n) return unknown(check, `no channel ${channelId}, or one that was emptied`)
    const claimed = totalClaimed >= cumulative ? 'claimed already' : 'not yet claimed in full'
    return holds(
      check,
      `balance ${balance}, claimed ${totalClaimed} atomic units; what this receipt brings the ` +
        `channel to, ${cumulative}, is ${claimed}`,
    )
  })
}

const judge = <T>(
  check: CheckName,
  answer: Result<T, ChainFailure>,
  verdictOf: (value: T) => CheckLine,
): CheckLine =>
  answer.ok ? verdictOf(answer.value) : unknown(check, describeChainFailure(answer.error))
