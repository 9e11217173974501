/*
 * The routes of a gateway that an auditor needs, each answer read field by field. That it is true is checked elsewhere
 * (drawn-batch.ts, checked-sample.ts).
 */
import { err, ok, type Result } from '../base/result.ts'
import { findRepeatedKey } from '../client/find-repeated-key.ts'
import { readLogHead, readTransparencyLog } from '../client/log-documents.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from '../client/object-reader.ts'
import {
  domainReader,
  type ParsedReceipt,
  readReceiptDocument,
} from '../client/parse-receipt-document.ts'
import {
  addressReader,
  bytes32Reader,
  listReader,
  orNull,
  textReader,
  truthReader,
  uint64Reader,
} from '../client/value-readers.ts'
import type { SignedVerdict, UnopenedReason } from '../domain/audit.ts'
import type { LogHeadDocument, TransparencyLogDocument } from '../domain/log-documents.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/** Why a gateway did not answer, for a person. */
export type GatewayFault = {
  readonly detail: string
  /** Its own word for it; undefined where it said nothing that can be understood. */
  readonly code: string | undefined
}

export type AuditTerms = {
  readonly gateway: Address
  readonly domain: ParsedReceipt['domain']
  readonly auditors: readonly Address[]
  readonly ratePpm: number
  readonly windowTokensMin: number
  readonly verdictValidS: number
}

export type ServedSample = {
  readonly index: number
  readonly gatewaySeq: number
  readonly digest: Bytes32
} & (
  | {
      readonly opened: true
      readonly receipt: ParsedReceipt
      readonly requestBody: Buffer
      readonly responseBody: Buffer
      readonly commitmentOpening: string | null
    }
  | { readonly opened: false; readonly reason: UnopenedReason }
)

export type ServedSamples = { readonly samples: readonly ServedSample[]; readonly hasMore: boolean }

/** A page ends after eight million bytes of bodies, in base64; one body may be as long again. */
const answerBytesMax = 64 * 1024 * 1024
const answerTimeoutMs = 120_000

export class GatewayAudits {
  readonly #origin: string
  readonly #authorization: () => string

  /** `origin`: without `/v1`. `authorization` is asked anew for each request: queries expire. */
  constructor(origin: string, authorization: () => string) {
    this.#origin = origin
    this.#authorization = authorization
  }

  terms(): Promise<Result<AuditTerms, GatewayFault>> {
    return this.#read('/v1/audits/terms', termsReader)
  }

  log(): Promise<Result<TransparencyLogDocument, GatewayFault>> {
    return this.#read('/v1/transparency/head', (value, { faults }) =>
      orFaults(readTransparencyLog(value), faults),
    )
  }

  batchHead(batch: number): Promise<Result<LogHeadDocument, GatewayFault>> {
    return this.#read(`/v1/transparency/batches/${batch}`, (value, { faults }) =>
      orFaults(readLogHead(value), faults),
    )
  }

  /** The lines as they are, which `entriesHash` is of. */
  async batchEntries(batch: number): Promise<Result<string, GatewayFault>> {
    const answer = await this.#ask(`/v1/transparency/batches/${batch}.jsonl`)
    return answer.ok ? ok(answer.value.toString()) : answer
  }

  /** Samples behind `afterIndex`, or the first. */
  samples(
    batch: number,
    afterIndex: number | undefined,
  ): Promise<Result<ServedSamples, GatewayFault>> {
    const query = afterIndex === undefined ? '' : `?after=${afterIndex}`
    const path = `/v1/audits/batches/${batch}/samples${query}`
    return this.#read(path, samplesReader, { headers: { authorization: this.#authorization() } })
  }

  async report(signed: SignedVerdict): Promise<Result<undefined, GatewayFault>> {
    const answer = await this.#ask('/v1/audits/verdicts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(signed),
    })
    return answer.ok ? ok(undefined) : answer
  }

  async #read<T>(
    path: string,
    reader: Reader<T>,
    init: RequestInit = {},
  ): Promise<Result<T, GatewayFault>> {
    const answer = await this.#ask(path, init)
    if (!answer.ok) return answer
    const text = answer.value.toString()
    const faults: ShapeFault[] = []
    const value = findRepeatedKey(text) === undefined ? parse(text) : undefined
    const read = reader(value, { path: '', faults })
    if (read !== undefined) return ok(read)
    const [fault] = faults
    return err({
      code: undefined,
      detail: `${path}: ${fault?.path}: expected ${fault?.expected}, got ${fault?.found}`,
    })
  }

  async #ask(path: string, init: RequestInit = {}): Promise<Result<Buffer, GatewayFault>> {
    try {
      const signal = AbortSignal.timeout(answerTimeoutMs)
      const response = await fetch(this.#origin + path, { ...init, signal, redirect: 'error' })
      const body = await readBounded(response)
      if (response.status === 200) return ok(body)
      const { code, message } = errorIn(body)
      return err({
        code,
        detail: `${path}: ${response.status} ${code ?? ''} ${message ?? ''}`.trim(),
      })
    } catch (error) {
      const cause =
        error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
      return err({ code: undefined, detail: `${path}: ${String(cause?.code ?? error)}` })
    }
  }
}

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function errorIn(body: Buffer): {
  readonly code: string | undefined
  readonly message: string | undefined
} {
  const { error } = Object(parse(body.toString())) as { readonly error?: unknown }
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown }
  return {
    code: typeof code === 'string' ? code : undefined,
    message: typeof message === 'string' ? message : undefined,
  }
}

function orFaults<T>(read: Result<T, readonly ShapeFault[]>, faults: ShapeFault[]): T | undefined {
  if (read.ok) return read.value
  faults.push(...read.error)
  return undefined
}

const termsReader: Reader<AuditTerms> = objectReader<AuditTerms>(
  {
    gateway: addressReader,
    domain: domainReader,
    auditors: listReader(addressReader),
    ratePpm: uint64Reader,
    windowTokensMin: uint64Reader,
    verdictValidS: uint64Reader,
  },
  'ignored',
)

const chosen = { index: uint64Reader, gatewaySeq: uint64Reader, digest: bytes32Reader }

const base64Reader: Reader<Buffer> = valueReader('base64', (value) => {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? bytes : undefined
})
const receiptReader: Reader<ParsedReceipt> = (value, { path, faults }) => {
  const document = readReceiptDocument(value)
  if (document.ok) return document.value
  for (const fault of document.error) faults.push({ ...fault, path: `${path}.${fault.path}` })
  return undefined
}
const reasons: readonly string[] = [
  'no_consent',
  'not_signed',
  'not_kept',
  'expired',
] satisfies UnopenedReason[]
const reasonReader: Reader<UnopenedReason> = valueReader('why it is not opened', (value) =>
  reasons.includes(String(value)) ? (value as UnopenedReason) : undefined,
)
type Opened = Extract<ServedSample, { readonly opened: true }>
type Unopened = Extract<ServedSample, { readonly opened: false }>
const flagged = <T extends boolean>(flag: T): Reader<T> =>
  valueReader(String(flag), (value) => (value === flag ? flag : undefined))
const openedReader = objectReader<Opened>(
  {
    ...chosen,
    opened: flagged(true),
    receipt: receiptReader,
    requestBody: base64Reader,
    responseBody: base64Reader,
    commitmentOpening: orNull(textReader),
  },
  'ignored',
)
const unopenedReader = objectReader<Unopened>(
  { ...chosen, opened: flagged(false), reason: reasonReader },
  'ignored',
)
const sampleReader: Reader<ServedSample> = (value, place) =>
  Object(value).opened === true ? openedReader(value, place) : unopenedReader(value, place)
const samplesReader: Reader<ServedSamples> = objectReader<ServedSamples>(
  { samples: listReader(sampleReader), hasMore: truthReader },
  'ignored',
)
