/*
 * What upstreams that attest to themselves say: each is asked again and again for its report, with a nonce of ours, and what it
 * said is a session, named by its content. Receipts of its answers name the report by its hash. Whether a report is true is a
 * question of its own: with a verifier its quote is judged, without one the report is only what the upstream says.
 *
 * Kept in memory, the newest `sessionsKeptMax`: who needs the bytes of an older report must have asked for its session in time.
 */
import { randomBytes } from 'node:crypto'
import type { Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import { bytes32, type UnixSeconds, unixSeconds, unixSecondsOf } from '../domain/units.ts'
import type { UpstreamReport } from '../domain/upstream-report.ts'
import { aciVersion } from './aci-keyset.ts'
import {
  type AciClaims,
  type AciSession,
  nothingClaimed,
  type SessionSource,
  sessionEvidence,
  sessionIdOf,
} from './aci-session.ts'
import { reportRenewMs, reportValidS, sessionsKeptMax } from './limits.ts'
import { describeQuoteFault, type QuoteFacts, type QuoteFault } from './tee-quote.ts'

/** An upstream that attests to itself. */
export type AttestingUpstream = {
  readonly upstreamName: string
  /** Such as `https://api.example`. */
  readonly origin: string
}

/** Judges a quote; `reportData` is what it must carry. */
export type JudgeUpstreamQuote = (
  quote: Uint8Array,
  reportData: Uint8Array,
) => Promise<Result<QuoteFacts, QuoteFault>>

export type UpstreamSessionsTerms = {
  /** Those that attest now. */
  readonly upstreams: () => readonly AttestingUpstream[]
  /** The report's bytes; undefined where there is none. Never rejects. */
  readonly ask: (upstreamName: string, nonce: string) => Promise<Buffer | undefined>
  /** Undefined: nobody judges quotes here. */
  readonly judge: JudgeUpstreamQuote | undefined
  readonly nowMs: () => number
}

type Current = { readonly report: UpstreamReport; readonly session: AciSession }

export class UpstreamSessions implements SessionSource {
  readonly #terms: UpstreamSessionsTerms
  readonly #current = new Map<string, Current>()
  readonly #sessions = new Map<string, AciSession>()
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> = Promise.resolve()

  constructor(terms: UpstreamSessionsTerms) {
    this.#terms = terms
  }

  /** Asks now, and then every ten minutes. */
  start(): void {
    this.#renewing = this.renew()
    this.#timer = setInterval(() => {
      this.#renewing = this.renew()
    }, reportRenewMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewing
  }

  /** What this upstream said of itself, as long as that is not too old. */
  reportOf(upstreamName: string): UpstreamReport | undefined {
    const current = this.#current.get(upstreamName)
    if (current === undefined) return undefined
    return this.#isValid(current.session) ? current.report : undefined
  }

  session(sessionId: string): Promise<AciSession | undefined> {
    return Promise.resolve(this.#sessions.get(sessionId))
  }

  current(): Promise<readonly AciSession[]> {
    const sessions = [...this.#current.values()].map(({ session }) => session)
    return Promise.resolve(sessions.filter((session) => this.#isValid(session)))
  }

  /** Asks every upstream anew. One that does not answer keeps its last session until that is too old. Never rejects. */
  async renew(): Promise<void> {
    await Promise.all(this.#terms.upstreams().map((upstream) => this.#renew(upstream)))
  }

  #isValid({ expires_at }: AciSession): boolean {
    return this.#terms.nowMs() < expires_at * 1000
  }

  async #renew(upstream: AttestingUpstream): Promise<void> {
    const { ask, judge, nowMs } = this.#terms
    const nonce = randomBytes(32).toString('hex')
    const bytes = await ask(upstream.upstreamName, nonce)
    const said = bytes && readReport(bytes)
    if (bytes === undefined || said === undefined) return
    const reportData = reportDataFor(said.signingAddress, nonce)
    const judged =
      said.quote === undefined || judge === undefined
        ? undefined
        : await judge(said.quote, reportData)
    const askedAt = unixSecondsOf(nowMs())
    const session = sessionOf(upstream, { bytes, judged, askedAt })
    const report: UpstreamReport = {
      origin: upstream.origin,
      nonce,
      reportHash: bytes32(`0x${sha256Hex(bytes)}`),
      signingAddress: said.signingAddress,
      askedAt,
      verification: verificationOf(judged),
    }
    this.#current.set(upstream.upstreamName, { report, session })
    this.#sessions.set(sessionIdOf(session), session)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > sessionsKeptMax && oldest !== undefined) this.#sessions.delete(oldest)
  }
}

type Judged = Result<QuoteFacts, QuoteFault> | undefined

function verificationOf(judged: Judged): UpstreamReport['verification'] {
  if (judged === undefined) return 'asserted'
  return judged.ok ? 'quote-verified' : 'refuted'
}

/** The address padded with zeros to 32 bytes, and the nonce (docs/convention.md). */
const reportDataFor = (signingAddress: string, nonce: string): Buffer => {
  const address = Buffer.from(signingAddress.replace(/^0x/, ''), 'hex').subarray(0, 32)
  return Buffer.concat([address, Buffer.alloc(32 - address.length), Buffer.from(nonce, 'hex')])
}

type Said = { readonly signingAddress: string; readonly quote: Buffer | undefined }

/** Of the upstream's own attestation, or of the first that it lists; undefined for what is no report. */
function readReport(bytes: Buffer): Said | undefined {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
  const report = membersOf(value)
  if (report === undefined) return undefined
  const { gateway_attestation: own, model_attestations: models } = report
  const first = Array.isArray(models) ? membersOf(models[0]) : undefined
  const attestation = first ?? membersOf(own) ?? report
  const { signing_address: address, intel_quote: quote } = attestation
  const isAddress =
    typeof address === 'string' && /^(0x)?([0-9a-f]{40}|[0-9a-f]{64})$/i.test(address)
  const isQuote = typeof quote === 'string' && /^(0x)?([0-9a-f]{2})+$/i.test(quote)
  return {
    signingAddress: isAddress ? address.toLowerCase() : '',
    // Of nobody's key a quote says nothing, however genuine.
    quote: isQuote && isAddress ? Buffer.from(quote.replace(/^0x/, ''), 'hex') : undefined,
  }
}

/** What a report says of models, as a gateway hands it on: the list that it has, or itself. Never more than one upstream's own words. */
export function attestationsIn(bytes: Buffer): readonly unknown[] {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch {
    return []
  }
  const report = membersOf(value)
  if (report === undefined) return []
  const { model_attestations: models } = report
  if (Array.isArray(models) && models.length > 0) return models
  return typeof report['intel_quote'] === 'string' ? [report] : []
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined

function sessionOf(
  { upstreamName, origin }: AttestingUpstream,
  found: { readonly bytes: Buffer; readonly judged: Judged; readonly askedAt: UnixSeconds },
): AciSession {
  const { bytes, judged, askedAt } = found
  return {
    api_version: aciVersion,
    upstream_name: upstreamName,
    endpoint: origin,
    verifier_id: judged === undefined ? 'vouch/none' : 'vouch/dcap-qvl',
    established_at: askedAt,
    expires_at: unixSeconds(askedAt + reportValidS),
    // The connection was not tied to a key of the report: no claim is made of what it carries.
    channel_binding: [],
    claims: claimsOf(judged),
    evidence: sessionEvidence(bytes, 'application/json'),
  }
}

/** What runs on the GPUs beside the CPU is never concluded from its quote. */
function claimsOf(judged: Judged): AciClaims {
  if (judged === undefined) {
    const reason = 'the upstream says so; nobody checked'
    const tee_attested = { status: 'asserted', source: 'provider_asserted', reason } as const
    return { ...nothingClaimed, tee_attested }
  }
  if (!judged.ok) {
    const reason = describeQuoteFault(judged.error)
    const tee_attested = { status: 'refuted', source: 'verifier_derived', reason } as const
    return { ...nothingClaimed, tee_attested }
  }
  const { tcbStatus, advisoryIds, measurements } = judged.value
  const derived = (reason: string) =>
    ({ status: 'asserted', source: 'verifier_derived', reason }) as const
  return {
    ...nothingClaimed,
    tee_attested: {
      status: 'asserted',
      source: 'hardware_proven',
      reason: 'a genuine quote carries the signing address and our nonce',
    },
    tcb_up_to_date: derived(`the platform is ${tcbStatus}`),
    os_known_good: derived('the measurements are on the list of the operator'),
    extra: { ...measurements, advisory_ids: [...advisoryIds] },
  }
}
