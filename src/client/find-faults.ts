/*
 * Faults in a pile of what was signed: each statement is compared with those that stand under the same number, so that a pile
 * is read in one pass, in any order. What is found is evidence of the shape that is reported; whether the chain takes it is
 * asked for each (fault-verdict.ts).
 *
 * Only what a key signed that may speak for its operator is compared: whoever adds to the pile what it made itself neither hides
 * a fault nor invents one.
 */
import { assert } from '../base/assert.ts'
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import { type SignedReceipt, type SignedWork, tier } from '../domain/receipt.ts'
import {
  type Address,
  type Bytes32,
  type Signature,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import type { FaultEvidence } from './fault-evidence.ts'
import { dueRoundedUp } from './fault-refusal.ts'
import { type FaultStatement, faultIdOf, statementsOf } from './fault-statements.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

/** What a pile consists of. */
export type Told =
  | ParsedReceipt
  | (SignedWork & { readonly domain: ParsedReceipt['domain'] })
  | (SignedCheckpoint & { readonly domain: ParsedReceipt['domain'] })
  | FaultEvidence

/**
 * For whom a signature speaks: the same name for all keys of an operator that its registry knows, or the key itself where
 * nobody was asked; undefined for a signature that counts for nothing.
 */
export type SpeaksFor = (
  statement: FaultStatement,
) => Promise<{ readonly name: string; readonly key: Address } | undefined>

export type FindingTerms = {
  readonly speaksFor: SpeaksFor
  /** Whether evidence of this shape would be taken; where nobody is asked, all of it. */
  readonly proves: (evidence: FaultEvidence) => Promise<boolean>
  /** Also receipts whose promised anchor is due: whether it came, only the log knows, and the gateway may show it. */
  readonly withPromises: boolean
  /** Also tiers 16 and 64, which are false only where the chain knows nothing of them. */
  readonly withTiers: boolean
}

type Domain = ParsedReceipt['domain']
/** Under which name a statement's signature counts, and the digest that was signed. */
type Speaker = { readonly name: string; readonly key: Address; readonly digest: Bytes32 }
type Compared = Pick<Speaker, 'key' | 'digest'> & { readonly statement: unknown }
type Found = Promise<readonly (FaultEvidence | undefined)[]>
type GatewaySide = Pick<SignedReceipt, 'receipt' | 'gatewaySignature'>

export class FaultFinder {
  readonly #terms: FindingTerms
  /** Under each number the first statement of each key, and the digest that it has. */
  readonly #first = new Map<string, readonly Compared[]>()
  readonly #proven = new Set<string>()
  #last:
    | {
        readonly digest: Bytes32
        readonly signature: Signature
        readonly speaker: Speaker | undefined
      }
    | undefined
  /** Statements that were compared. */
  compared = 0
  /** Statements whose signature counts for nothing. */
  unsigned = 0

  constructor(terms: FindingTerms) {
    this.#terms = terms
  }

  /** What it proves, with all that was added before: each fault once. */
  async add(told: Told): Promise<readonly FaultEvidence[]> {
    const found: (FaultEvidence | undefined)[] = []
    if ('kind' in told) found.push(told, ...(await this.#addEvidence(told)))
    else if ('work' in told) found.push(...(await this.#addWork(told.domain, told)))
    else if ('checkpoint' in told) found.push(...(await this.#addCheckpoint(told.domain, told)))
    else found.push(...(await this.#addReceipt(told)))
    const proven: FaultEvidence[] = []
    for (const evidence of found) {
      const name = evidence && nameOf(evidence)
      if (evidence === undefined || name === undefined || this.#proven.has(name)) continue
      // What does not prove it may be old: a later statement may.
      if (!(await this.#terms.proves(evidence))) continue
      this.#proven.add(name)
      proven.push(evidence)
    }
    return proven
  }

  /** Evidence that somebody else found is a pile, too. */
  async #addEvidence(evidence: FaultEvidence): Found {
    if (evidence.kind === 'S6') return []
    const { domain } = evidence
    if (evidence.kind === 'S2') {
      const found: (FaultEvidence | undefined)[] = []
      for (const one of evidence.receipts) found.push(...(await this.#addNumbers(domain, one)))
      return found
    }
    if (evidence.kind !== 'S1') return this.#addNumbers(domain, evidence)
    const found: (FaultEvidence | undefined)[] = []
    if ('works' in evidence) {
      for (const one of evidence.works) found.push(...(await this.#addWork(domain, one)))
    } else {
      for (const one of evidence.checkpoints)
        found.push(...(await this.#addCheckpoint(domain, one)))
    }
    return found
  }

  async #addReceipt(parsed: ParsedReceipt): Found {
    const { domain, receipt, gatewaySignature, priceSheet } = parsed
    const found: (FaultEvidence | undefined)[] = []
    const { work } = receipt
    if (work.contributor !== zeroAddress && (receipt.tiers & tier.contributorSigned) !== 0) {
      const signed = { work, signature: parsed.contributorSignature }
      found.push(...(await this.#addWork(domain, signed)))
    }
    for (const signed of parsed.evidence?.checkpoints ?? []) {
      found.push(...(await this.#addCheckpoint(domain, signed)))
    }
    const head = { object: 'vouch.fault', domain } as const
    const side = { receipt, gatewaySignature }
    const alone = { ...head, kind: 'S4', ...side } as const
    if ((await this.#signer(alone)) === undefined) return found
    found.push(...(await this.#addNumbers(domain, side)))
    const isOwnSheet =
      hashPriceSheet(priceSheet) === receipt.priceHash && priceSheet.operator === work.gateway
    if (isOwnSheet && receipt.cost > dueRoundedUp(work, priceSheet)) {
      found.push({ ...head, kind: 'S3', ...side, priceSheet })
    }
    if (this.#terms.withPromises && receipt.anchorBy !== 0) found.push(alone)
    if (!this.#terms.withTiers) return found
    for (const claimed of [tier.teeBoundKey, tier.zkInferred]) {
      if ((receipt.tiers & claimed) === 0) continue
      found.push({ ...head, kind: 'S5', ...side, tier: claimed })
    }
    return found
  }

  async #addNumbers(domain: Domain, side: GatewaySide): Found {
    const { receipt, gatewaySignature } = side
    const { gatewaySeq, channelId, channelSeq } = receipt
    const signed = { receipt, gatewaySignature }
    const evidenceOf = (first: GatewaySide): FaultEvidence => ({
      object: 'vouch.fault',
      domain,
      kind: 'S2',
      receipts: [first, signed],
    })
    const names = [`seq ${gatewaySeq}`]
    if (channelId !== zeroBytes32) names.push(`channel ${channelId} ${channelSeq}`)
    const found: (FaultEvidence | undefined)[] = []
    for (const name of names) found.push(...(await this.#compare(name, signed, evidenceOf)))
    return found
  }

  #addWork(domain: Domain, { work, signature }: SignedWork): Found {
    const name = `work ${work.gateway} ${work.jobId}`
    return this.#compare(name, { work, signature }, (first: SignedWork) => ({
      object: 'vouch.fault',
      domain,
      kind: 'S1',
      works: [first, { work, signature }],
    }))
  }

  #addCheckpoint(domain: Domain, { checkpoint, signature }: SignedCheckpoint): Found {
    const { gateway, jobId, index } = checkpoint
    const name = `checkpoint ${gateway} ${jobId} ${index}`
    return this.#compare(name, { checkpoint, signature }, (first: SignedCheckpoint) => ({
      object: 'vouch.fault',
      domain,
      kind: 'S1',
      checkpoints: [first, { checkpoint, signature }],
    }))
  }

  /**
   * The evidence of this statement and of the first of each key under the same number, where that says something else. Of each,
   * since two keys may be of two books, one of which ended before the other began.
   */
  async #compare<T>(number: string, statement: T, evidenceOf: (first: T) => FaultEvidence): Found {
    const signer = await this.#signer(evidenceOf(statement))
    if (signer === undefined) return []
    const name = `${signer.name} ${number}`
    const before = this.#first.get(name) ?? []
    if (!before.some(({ key }) => key === signer.key)) {
      const { key, digest } = signer
      this.#first.set(name, [...before, { key, digest, statement }])
    }
    return before
      .filter(({ digest }) => digest !== signer.digest)
      .map((first) => evidenceOf(first.statement as T))
  }

  /** Of the statement that stands last in evidence: who speaks in it, on which chain, for which verifier. */
  async #signer(evidence: FaultEvidence): Promise<Speaker | undefined> {
    if (evidence.kind === 'S6') return undefined
    const { domain } = evidence
    const statement = statementsOf(evidence, domain).at(-1)
    assert(statement !== undefined, 'all evidence but S6 is signed')
    const { role, operator, digest, signature } = statement
    // A receipt stands under two numbers and is asked about alone, too: its signature is looked at once.
    if (this.#last?.digest === digest && this.#last.signature === signature)
      return this.#last.speaker
    const spoken = await this.#terms.speaksFor(statement)
    if (spoken === undefined) this.unsigned += 1
    else this.compared += 1
    const place = `${domain.chainId} ${domain.verifyingContract}`
    const speaker = spoken && {
      name: `${place} ${role} ${operator} ${spoken.name}`,
      key: spoken.key,
      digest,
    }
    this.#last = { digest, signature, speaker }
    return speaker
  }
}

/** One for all evidence of one fault. */
function nameOf(evidence: FaultEvidence): string {
  if (evidence.kind === 'S6') return `${evidence.chainId} ${evidence.coordinator} ${evidence.jobId}`
  const { domain, kind } = evidence
  const { chainId, verifyingContract } = domain
  return `${kind} ${chainId} ${verifyingContract} ${faultIdOf(evidence, domain)}`
}
