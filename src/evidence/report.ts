/*
 * `GET /v1/attestation/report` as NEAR AI, RedPill and Phala serve it. Without a TEE there is nothing to attest: the report
 * says `none` and has no member `error`, at which RedPill's verifier would give up before it came to the signature.
 */
import { createHash } from 'node:crypto'
import type { SigningAlgo } from '../domain/signing-algo.ts'
import { signingAddressOf } from './convention-signature.ts'
import type { KeyRing } from './key-ring.ts'
import type { TeeQuote, TeeSource } from './report-tee.ts'

export type ReportAsked = {
  readonly algo: SigningAlgo
  /** 64 lower-case hex digits. */
  readonly nonce: string
  readonly includeTlsFingerprint: boolean
}

/** Members that other verifiers read; `none` has those alone that are true without a TEE. */
export type AttestationReport = Readonly<Record<string, unknown>>

export async function attestationReport(
  keys: KeyRing,
  tee: TeeSource | undefined,
  asked: ReportAsked,
): Promise<AttestationReport> {
  const signer = {
    signing_address: signingAddressOf(keys, asked.algo),
    signing_algo: asked.algo,
    signing_public_key:
      asked.algo === 'ecdsa' ? keys.registered.publicKey : keys.convention.publicKey,
    request_nonce: asked.nonce,
  }
  const spki = asked.includeTlsFingerprint ? tee?.tlsSpkiSha256 : undefined
  const reportData = reportDataOf(signer.signing_address, asked.nonce, spki)
  const quoted = await tee?.quote(reportData)
  if (tee === undefined || quoted === undefined) {
    return { attestation_type: 'none', ...signer, model_attestations: [], all_attestations: [] }
  }
  const attestation = { ...signer, ...quoteMembers(tee, quoted, { reportData, spki }) }
  // The gateway's own quote says nothing of models, so it is in no list of theirs.
  return {
    ...attestation,
    gateway_attestation: attestation,
    model_attestations: [],
    all_attestations: [attestation],
  }
}

function quoteMembers(
  tee: TeeSource,
  { quote, eventLog, info }: TeeQuote,
  bound: { readonly reportData: Buffer; readonly spki: string | undefined },
): AttestationReport {
  return {
    attestation_type: tee.teeType,
    intel_quote: Buffer.from(quote).toString('hex'),
    report_data: bound.reportData.toString('hex'),
    ...(eventLog !== undefined && { event_log: eventLog }),
    ...(info !== undefined && { info }),
    ...(bound.spki !== undefined && { tls_cert_fingerprint: bound.spki }),
  }
}

/**
 * 64 bytes: the signing address with zeros behind it, or the hash of it and the TLS key where that is asked for; then the
 * nonce.
 */
function reportDataOf(
  signingAddress: string,
  nonce: string,
  tlsSpkiSha256: string | undefined,
): Buffer {
  const address = Buffer.from(signingAddress.replace(/^0x/, ''), 'hex')
  const first =
    tlsSpkiSha256 === undefined
      ? address
      : createHash('sha256').update(address).update(Buffer.from(tlsSpkiSha256, 'hex')).digest()
  return Buffer.concat([first, Buffer.alloc(32 - first.length), Buffer.from(nonce, 'hex')])
}

/** Whether `address`, as a client writes it, is what signs here by this algorithm. */
export const isOurAddress = (keys: KeyRing, algo: SigningAlgo, address: string): boolean =>
  address.toLowerCase().replace(/^0x/, '') === signingAddressOf(keys, algo).replace(/^0x/, '')
