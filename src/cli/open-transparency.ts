import { join } from 'node:path'
import type { GatewaySigner } from '../attestation/seal-receipt.ts'
import type { GatewayLog } from '../base/log.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { readReceiptAnchorOf } from '../chain/receipt-anchor.ts'
import { receiptVerifierAt } from '../chain/receipt-verifier.ts'
import { rpcOfTwo } from '../chain/rpc-of-two.ts'
import type { GatewayConfig } from '../config.ts'
import type { LogDomain } from '../domain/log-documents.ts'
import type { Address } from '../domain/units.ts'
import { createTransparencyDoor, type TransparencyDoor } from '../gateway/transparency-door.ts'
import type { PaymentStep } from '../payment/payment-step.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { BatchAnchorer } from '../transparency/anchor-batches.ts'
import {
  type ChallengeTerms,
  ChallengeWatch,
  startChallengeWatch,
} from '../transparency/answer-challenges.ts'
import { BatchCloser, type DigestsAfter } from '../transparency/close-batches.ts'
import { findLostReceipts } from '../transparency/find-lost-receipts.ts'
import { LogPublisher } from '../transparency/log-publisher.ts'
import { LogReader } from '../transparency/log-reader.ts'
import { mirrorInFolder } from '../transparency/mirror-folder.ts'
import { timestampInEas } from '../transparency/timestamp-root.ts'
import { CommandFailure } from './command.ts'
import type { ChainSender } from './open-settlement.ts'

export const logFile = (dataFolder: string): string => join(dataFolder, 'log.db')

/** The log of a running gateway. */
type OpenTransparency = {
  readonly publisher: LogPublisher
  readonly door: TransparencyDoor
  readonly stop: () => Promise<void>
}

type Terms = {
  readonly config: GatewayConfig
  readonly signer: GatewaySigner
  readonly ledger: Pick<LedgerStore, 'digestsBySeq'>
  readonly payment: PaymentStep
  readonly store: LogStore | undefined
  readonly notes: Pick<OutboxStore, 'note' | 'setNote'>
  readonly settlement: ChainSender
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/**
 * Undefined where none is configured. Throws CommandFailure where the chain does not say what anchors receipts, or says that
 * ledger or log are an older copy.
 */
export async function openTransparency(terms: Terms): Promise<OpenTransparency | undefined> {
  const { config, signer, ledger, store, settlement, log, nowMs } = terms
  const policy = config.transparency
  if (policy === undefined || store === undefined) return undefined
  const { chainId, receiptVerifier, confirmations } = config.chain
  const rpc = rpcOfChain(config)
  const receiptAnchor = await receiptAnchorOf(rpc, receiptVerifier)
  const { sender } = settlement
  const domain: LogDomain = {
    name: 'Vouch Receipts',
    version: '1',
    chainId,
    verifyingContract: receiptVerifier,
  }
  const chain = { rpc, chainId, sender, log, nowMs }
  const { eas, mirrorFolder: folder } = policy
  const everyMs = policy.batchS * 1000
  const digestsAfter: DigestsAfter = (range) => ledger.digestsBySeq(range)
  const anchorer = new BatchAnchorer({
    ...{ ...chain, store, confirmations, receiptAnchor },
    timestamp: eas === undefined ? undefined : timestampInEas({ ...chain, eas }),
  })
  await refuseOlderCopy({ anchorer, store, digestsAfter })
  const reader = new LogReader(store, domain)
  const publisher = new LogPublisher({
    ...{ store, log, nowMs, everyMs, anchorer },
    closer: new BatchCloser({
      ...{ store, nowMs, digestsAfter },
      signer: { ...signer, gateway: signer.operator },
      policy: { receiptsMax: policy.batchReceipts, everyMs },
    }),
    mirror: folder === undefined ? undefined : mirrorInFolder({ folder, store, domain }),
    promiseMs: policy.promiseS * 1000,
  })
  const challenges = watchChallenges(terms, { ...chain, reader })
  return {
    publisher,
    door: createTransparencyDoor({
      ...{ reader, policy, payment: terms.payment },
      facts: { gateway: signer.operator, domain, receiptAnchor, sender: sender.address },
      standing: () => publisher.report(),
    }),
    stop: async () => {
      await challenges?.stop()
      await publisher.stop()
    },
  }
}

function rpcOfChain({ chain }: GatewayConfig): JsonRpc {
  const second = chain.secondRpcUrl === undefined ? undefined : jsonRpc(chain.secondRpcUrl)
  return rpcOfTwo(jsonRpc(chain.rpcUrl), second)
}

async function receiptAnchorOf(rpc: JsonRpc, verifier: Address): Promise<Address> {
  const receiptAnchor = await readReceiptAnchorOf(rpc, receiptVerifierAt(verifier))
  if (receiptAnchor.ok) return receiptAnchor.value
  throw new CommandFailure(describeChainFailure(receiptAnchor.error))
}

/**
 * Before the first receipt: one with a number that was given before convicts the gateway, and what recovers the requests of an
 * earlier process gives receipts, too.
 */
async function refuseOlderCopy(terms: {
  readonly anchorer: BatchAnchorer
  readonly store: LogStore
  readonly digestsAfter: DigestsAfter
}): Promise<void> {
  const fork = await terms.anchorer.findFork()
  if (!fork.ok) throw new CommandFailure(describeChainFailure(fork.error))
  const older = fork.value ?? (await findLostReceipts(terms.store, terms.digestsAfter))
  if (older === undefined) return
  throw new CommandFailure(
    `${older}: ledger or log are an older copy, and new receipts would bear numbers that others bear, which costs the stake. ` +
      'Put the newest copy of both in place; without one, see "A copy that is older" in docs/transparency.md',
  )
}

function watchChallenges(
  { config, signer, notes, log }: Terms,
  chain: Omit<ChallengeTerms, 'contract' | 'gateway' | 'notes'>,
) {
  const contract = config.transparency?.inclusionChallenges
  if (contract === undefined) return undefined
  const watch = new ChallengeWatch({ ...chain, contract, gateway: signer.operator, notes })
  return startChallengeWatch(watch, log)
}
