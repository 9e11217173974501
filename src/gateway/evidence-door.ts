/*
 * What anybody may ask about receipts after the fact, in the shapes that others read: the signature convention, attestation
 * reports, the keyset, ACI. Everything here is made of stored receipts and of keys, so each replica answers the same.
 */
import { plainlySigned } from '../attestation/plain-signature.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import type { Refusal } from '../domain/refusal.ts'
import { answerDigitsOf, requestIdOf } from '../domain/request-id.ts'
import type { RequestRecord } from '../domain/request-record.ts'
import type { SigningAlgo } from '../domain/signing-algo.ts'
import { type Bytes32, unixSecondsOf } from '../domain/units.ts'
import { aciAttestation } from '../evidence/aci-attestation.ts'
import {
  type AciKeyset,
  aciKeysetAt,
  aciVersion,
  type GatewayIdentity,
  rememberedAciKeyset,
} from '../evidence/aci-keyset.ts'
import { aciReceipt } from '../evidence/aci-receipt.ts'
import { type AciSession, abbreviated, type SessionSource } from '../evidence/aci-session.ts'
import {
  type ConventionSignature,
  conventionSignature,
  type SignatureUnavailable,
} from '../evidence/convention-signature.ts'
import { type KeyRing, openKeyRing } from '../evidence/key-ring.ts'
import { type KeysetDocument, keysetDocument } from '../evidence/keyset.ts'
import { reportsAtOnceMax, teeQuotesAtOnceMax } from '../evidence/limits.ts'
import {
  type AttestationReport,
  attestationReport,
  isOurAddress,
  type ReportAsked,
} from '../evidence/report.ts'
import type { TeeSource } from '../evidence/report-tee.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import type { AnswerHeaders } from './answer-client.ts'
import { type FoundReceipt, findReceipt } from './find-receipt.ts'
import type { Gateway } from './gateway.ts'

type Signed = Result<ConventionSignature | SignatureUnavailable, Refusal>
type Document = Readonly<Record<string, unknown>>

export type EvidenceDoor = {
  /** What ACI has every answer say; hints, which nobody signed. */
  readonly aciHeaders: () => AnswerHeaders
  /** The convention's signature of an answer of this channel, by any of its names. */
  readonly signature: (
    channelId: Bytes32,
    asked: { readonly id: string; readonly algo: SigningAlgo },
  ) => Promise<Signed>
  /** The same for whoever knows the receipt's id, which nobody guesses: clients of 0G send no credential. */
  readonly signatureOfReceipt: (receiptId: Bytes32, algo: SigningAlgo) => Promise<Signed>
  /** The same of a receipt as it was sealed, as JSON. */
  readonly signatureOf: (sealed: {
    readonly receipt: string
    readonly stream: boolean
    readonly algo: SigningAlgo
  }) => ConventionSignature | SignatureUnavailable
  /** A receipt as it was sealed, as JSON, with a signature that no other receipt shares. */
  readonly plainlySigned: (receipt: string) => string
  readonly report: (
    asked: ReportAsked & {
      /** Whose report is wanted; undefined: ours. */
      readonly signingAddress: string | undefined
      /** Whose upstreams are asked for their reports, too. */
      readonly modelName?: string | undefined
    },
  ) => Promise<Result<AttestationReport, Refusal>>
  readonly keyset: () => KeysetDocument
  readonly aciAttestation: (nonce: string | undefined) => Promise<Result<Document, Refusal>>
  readonly aciReceipt: (channelId: Bytes32, id: string) => Promise<Result<Document, Refusal>>
  readonly aciSession: (sessionId: string) => Promise<Result<AciSession, Refusal>>
  readonly aciSessions: (upstreamName: string | undefined) => Promise<Document>
}

/** Where evidence beyond receipts comes from. */
export type EvidenceSources = {
  /** Undefined where the gateway runs in no TEE. */
  readonly tee?: TeeSource | undefined
  /** Undefined where no upstream was ever verified. */
  readonly sessions?: SessionSource | undefined
  /** What upstreams that serve a model say of themselves to this nonce; undefined: none attests. */
  readonly modelReports?:
    | ((asked: {
        readonly modelName: string
        readonly nonce: string
        readonly algo: SigningAlgo
      }) => Promise<readonly unknown[]>)
    | undefined
}

export function createEvidenceDoor(
  gateway: Pick<Gateway, 'payment' | 'signer' | 'nowMs'>,
  { tee, sessions, modelReports }: EvidenceSources = {},
): EvidenceDoor {
  const { operator, chainId, verifyingContract, privateKey } = gateway.signer
  const identity: GatewayIdentity = { operator, chainId, receiptVerifier: verifyingContract }
  const keys = openKeyRing(privateKey)
  const keysetOf = rememberedAciKeyset(keys, identity)
  const keysetNow = () => keysetOf(unixSecondsOf(gateway.nowMs()))
  const signature: EvidenceDoor['signature'] = async (channelId, { id, algo }) => {
    const found = await findKept(gateway, channelId, id)
    if (!found.ok) return found
    const { document, record } = found.value
    return ok(signed(keys, { document, stream: record.stream }, algo))
  }
  const attested = tee === undefined ? always : atMost(teeQuotesAtOnceMax)
  const handedOn = atMost(reportsAtOnceMax)
  return {
    aciHeaders: following(keysetNow, headersOf),
    signature,
    signatureOfReceipt: async (receiptId, algo) => {
      const channelId = await channelOf(gateway, receiptId)
      return channelId.ok ? signature(channelId.value, { id: receiptId, algo }) : channelId
    },
    signatureOf: ({ receipt, stream, algo }) =>
      signed(keys, { document: JSON.parse(receipt) as ReceiptDocument, stream }, algo),
    plainlySigned: (receipt) => plainlySigned(receipt, privateKey),
    report: async ({ signingAddress, modelName, ...asked }) => {
      if (signingAddress !== undefined && !isOurAddress(keys, asked.algo, signingAddress)) {
        return err({ reason: 'signing_address_not_found' })
      }
      const report = await attested(() => attestationReport(keys, tee, asked))
      if (!report.ok || modelName === undefined || modelReports === undefined) return report
      // Their words as they are, to the caller's own nonce: whoever asked verifies them.
      const told = await handedOn(() => modelReports({ ...asked, modelName }))
      return told.ok ? ok({ ...report.value, model_attestations: told.value }) : told
    },
    keyset: following(keysetNow, (keyset) => keysetDocument(keys, identity, keyset)),
    aciAttestation: (nonce) => attested(() => aciAttestation(keys, keysetNow(), { nonce, tee })),
    aciReceipt: async (channelId, id) => {
      const found = await findKept(gateway, channelId, id)
      if (!found.ok) return found
      const { finishedAt } = found.value.document.receipt.work
      return ok(aciReceipt(keys, aciKeysetAt(keys, identity, finishedAt), answered(found.value)))
    },
    aciSession: async (sessionId) => {
      const session = await sessions?.session(sessionId)
      return session === undefined ? err({ reason: 'aci_session_not_found' }) : ok(session)
    },
    aciSessions: async (upstreamName) => {
      const current = (await sessions?.current()) ?? []
      const meant = current.filter(
        (session) => upstreamName === undefined || session.upstream_name === upstreamName,
      )
      return { api_version: aciVersion, sessions: meant.map(abbreviated) }
    },
  }
}

const always = async <T>(make: () => Promise<T>): Promise<Result<T, Refusal>> => ok(await make())

/** Refuses what is asked beyond so many at once. */
function atMost(count: number): typeof always {
  let running = 0
  return async (make) => {
    if (running >= count) return err({ reason: 'overloaded' })
    running += 1
    try {
      return ok(await make())
    } finally {
      running -= 1
    }
  }
}

/** A receipt as it was sealed, and what is kept beside it. */
type Kept = Omit<FoundReceipt, 'body' | 'record'> & {
  readonly document: ReceiptDocument
  readonly record: RequestRecord
}

async function findKept(
  { payment }: Pick<Gateway, 'payment'>,
  channelId: Bytes32,
  name: string,
): Promise<Result<Kept, Refusal>> {
  try {
    const found = await findReceipt(payment, channelId, name)
    if (!found.ok) return found
    const { body, record, ...kept } = found.value
    // Of a ledger from before records were kept: where the client asked is not known any more.
    if (record === undefined) return err({ reason: 'receipt_expired' })
    return ok({ ...kept, document: JSON.parse(body), record: JSON.parse(record) })
  } catch (error) {
    return err(storeRefusal(error))
  }
}

/** The channel that paid for a receipt, or that pays for the answer that it will be of. */
async function channelOf(
  { payment }: Pick<Gateway, 'payment'>,
  receiptId: Bytes32,
): Promise<Result<Bytes32, Refusal>> {
  const requestId = requestIdOf(receiptId)
  const recorded = async () => (await payment.requestRecord(requestId))?.channelId
  try {
    // Who has no receipt is being answered, or got it between two looks, or has none.
    const channelId = (await recorded()) ?? (await payment.heldOn(requestId)) ?? (await recorded())
    return channelId === undefined ? err({ reason: 'receipt_not_found' }) : ok(channelId)
  } catch (error) {
    return err(storeRefusal(error))
  }
}

function storeRefusal(error: unknown): Refusal {
  if (isStoreFailure(error)) return { reason: 'store_unavailable' }
  throw error
}

function signed(
  keys: KeyRing,
  { document, stream }: { readonly document: ReceiptDocument; readonly stream: boolean },
  algo: SigningAlgo,
): ConventionSignature | SignatureUnavailable {
  const { work, requestHash, responseHash } = document.receipt
  return conventionSignature(keys, { requestHash, responseHash, status: work.status, stream }, algo)
}

function answered(kept: Kept): Parameters<typeof aciReceipt>[2] {
  const { document, digest, record } = kept
  const served = record.attempts.findLast(({ outcome }) => outcome === 'served')
  return {
    document,
    digest,
    answerId: answerIdOf(kept),
    modelName: record.modelName,
    path: record.path ?? `/v1/${record.endpoint}`,
    upstreamName: served?.contributorId ?? record.attempts.at(-1)?.contributorId ?? '',
  }
}

/** Where the gateway tells the answer in another API's form, its id follows from the request's. */
function answerIdOf({ record, receiptId }: Kept): string | undefined {
  const prefix = record.path === undefined ? undefined : ownPrefixes[record.path]
  return prefix === undefined ? record.answerId : prefix + answerDigitsOf(requestIdOf(receiptId))
}

const ownPrefixes: Readonly<Record<string, string>> = {
  '/v1/messages': 'msg_',
  '/v1/responses': 'resp_',
}

const headersOf = ({ digest, workloadId }: AciKeyset): AnswerHeaders => ({
  'x-aci-version': aciVersion,
  'x-aci-identity': workloadId,
  'x-aci-keyset-digest': digest,
})

/** What follows from the keyset alone is made once while that stays: the headers go into each answer. */
function following<T extends object>(
  keysetNow: () => AciKeyset,
  make: (keyset: AciKeyset) => T,
): () => T {
  let newest: { readonly keyset: AciKeyset; readonly made: T } | undefined
  return () => {
    const keyset = keysetNow()
    if (newest?.keyset !== keyset) newest = { keyset, made: make(keyset) }
    return newest.made
  }
}
