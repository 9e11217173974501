/*
 * The chain's side of a log: what the gateway's account has anchored, and whose keys may sign.
 */
import { err, ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { checkChainId } from '../chain/contracts.ts'
import { isGenuineReceiptVerifier } from '../chain/genuine-receipt-verifier.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import {
  type AnchoredBatch,
  type AnchoredChain,
  readAnchoredBatches,
  readAnchoredChain,
  readReceiptAnchorOf,
  readRootAnchoredAt,
} from '../chain/receipt-anchor.ts'
import { receiptVerifierAt } from '../chain/receipt-verifier.ts'
import { readRegistry, readSigningKey } from '../chain/receipt-verifier-contract.ts'
import type { LogHeadDocument, TransparencyLogDocument } from '../domain/log-documents.ts'
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import { signerOfHead } from './check-inclusion.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { recoverSigners, type Signer } from './recover-signers.ts'

/** What a person pins; what is left out is believed of the gateway, as far as the chain bears it out. */
export type LogPins = {
  readonly verifier?: Address | undefined
  readonly operator?: Address | undefined
}

export type LogChain = {
  readonly rpc: JsonRpc
  readonly receiptAnchor: Address
  readonly registry: Address
  readonly operator: Address
  readonly sender: Address
  readonly anchored: AnchoredChain
  /** By number; undefined where the node does not tell events that far back. */
  readonly events: ReadonlyMap<number, AnchoredBatch> | undefined
}

/** Reads where the log stands on the chain. The error is one line for a person. */
export async function readLogChain(
  rpc: JsonRpc,
  log: TransparencyLogDocument,
  pins: LogPins,
): Promise<Result<LogChain, string>> {
  const { gateway: operator, sender, domain } = log
  if (pins.operator !== undefined && pins.operator !== operator) {
    return err(`the log is of ${operator}, not of ${pins.operator}`)
  }
  const verifier = domain.verifyingContract
  if (pins.verifier !== undefined && pins.verifier !== verifier) {
    return err(`its heads are signed for the verifier ${verifier}, not ${pins.verifier}`)
  }
  const read = await readContracts(rpc, { chainId: domain.chainId, verifier, sender })
  if (!read.ok) return err(describeChainFailure(read.error))
  const { isGenuine, ...contracts } = read.value
  if (pins.verifier === undefined && !isGenuine) {
    return err(
      `${verifier} does not run the code of this vouch version: pin the verifier contract with --verifier`,
    )
  }
  return ok({ rpc, operator, sender, ...contracts })
}

type Contracts = Omit<LogChain, 'rpc' | 'operator' | 'sender'> & { readonly isGenuine: boolean }

async function readContracts(
  rpc: JsonRpc,
  place: { readonly chainId: number; readonly verifier: Address; readonly sender: Address },
): Promise<Result<Contracts, ChainFailure>> {
  const { chainId, verifier, sender } = place
  const chain = await checkChainId(rpc, chainId)
  if (!chain.ok) return chain
  const isGenuine = await isGenuineReceiptVerifier(rpc, verifier)
  if (!isGenuine.ok) return isGenuine
  const receiptAnchor = await readReceiptAnchorOf(rpc, receiptVerifierAt(verifier))
  if (!receiptAnchor.ok) return receiptAnchor
  const registry = await readRegistry(rpc, verifier, 'gateways')
  if (!registry.ok) return registry
  const at = { receiptAnchor: receiptAnchor.value, sender }
  const anchored = await readAnchoredChain(rpc, at)
  if (!anchored.ok) return anchored
  const events = await readEvents(rpc, at)
  return ok({
    isGenuine: isGenuine.value,
    receiptAnchor: receiptAnchor.value,
    registry: registry.value,
    anchored: anchored.value,
    events,
  })
}

/** Nodes refuse what is too long: then so many blocks at a time. */
const blocksAtOnceMax = 5_000
const looksMax = 2_000

async function readEvents(
  rpc: JsonRpc,
  at: { readonly receiptAnchor: Address; readonly sender: Address },
): Promise<ReadonlyMap<number, AnchoredBatch> | undefined> {
  const byNumber = (events: readonly AnchoredBatch[]) =>
    new Map(events.map((event) => [event.batch, event]))
  const all = await readAnchoredBatches(rpc, at, { from: 0, to: 'latest' })
  if (all.ok) return byNumber(all.value)
  const tip = await readHead(rpc)
  if (!tip.ok) return undefined
  const events: AnchoredBatch[] = []
  let to = tip.value.number
  for (let looks = 0; looks < looksMax && to >= 0; looks += 1) {
    const from = Math.max(0, to - blocksAtOnceMax + 1)
    const found = await readAnchoredBatches(rpc, at, { from, to })
    if (!found.ok) return undefined
    events.push(...found.value)
    if (found.value.some(({ batch }) => batch === 0)) return byNumber(events)
    to = from - 1
  }
  return byNumber(events)
}

/** Since when the chain has a root; undefined: it never had. */
export const anchoringOf = (
  { rpc, receiptAnchor }: LogChain,
  root: Bytes32,
): Promise<Result<UnixSeconds | undefined, ChainFailure>> =>
  readRootAnchoredAt(rpc, receiptAnchor, root)

type KeyFault = {
  readonly kind: 'signature-wrong' | 'key-not-registered'
  readonly detail: string
}

/** Judges what a gateway signed; each key is looked up once. */
export class GatewayKeys {
  readonly #chain: LogChain
  readonly #epochs = new Map<Address, ReturnType<typeof readSigningKey>>()

  constructor(chain: LogChain) {
    this.#chain = chain
  }

  /**
   * Undefined where the gateway signed the head; else what is amiss. A key counts that was active when the batch was closed,
   * or when it was anchored: a process that died in between leaves it to the next to sign.
   */
  faultOfHead(
    document: LogHeadDocument,
    anchoredAt: UnixSeconds | undefined,
  ): Promise<KeyFault | undefined> {
    const { gateway, closedAt } = document.head
    const times = anchoredAt === undefined ? [closedAt] : [closedAt, anchoredAt]
    return this.#fault({ what: 'its head', gateway, signer: signerOfHead(document), times })
  }

  faultOfReceipt(parsed: ParsedReceipt): Promise<KeyFault | undefined> {
    const { gateway, finishedAt } = parsed.receipt.work
    const signer = recoverSigners(parsed).gateway
    return this.#fault({ what: 'the receipt', gateway, signer, times: [finishedAt] })
  }

  async #fault(statement: {
    readonly what: string
    readonly gateway: Address
    readonly signer: Signer
    readonly times: readonly UnixSeconds[]
  }): Promise<KeyFault | undefined> {
    const { what, gateway, signer, times } = statement
    const { operator } = this.#chain
    if (gateway !== operator) {
      return { kind: 'signature-wrong', detail: `${what} is of ${gateway}, the log of ${operator}` }
    }
    if (signer.kind !== 'key') {
      return { kind: 'signature-wrong', detail: `no key gives the signature of ${what}` }
    }
    const epoch = await this.#epoch(signer.address)
    if (!epoch.ok) return { kind: 'key-not-registered', detail: describeChainFailure(epoch.error) }
    const { activeFrom, revokedAt } = epoch.value
    const isActive = (atS: number): boolean =>
      activeFrom !== 0n && atS >= activeFrom && (revokedAt === 0n || atS < revokedAt)
    if (times.some(isActive)) return undefined
    const detail = `${what} is signed by ${signer.address}, which was no key of ${operator} then`
    return { kind: 'key-not-registered', detail }
  }

  #epoch(key: Address): ReturnType<typeof readSigningKey> {
    const { rpc, registry, operator } = this.#chain
    const known = this.#epochs.get(key) ?? readSigningKey(rpc, registry, { operator, key })
    this.#epochs.set(key, known)
    return known
  }
}
