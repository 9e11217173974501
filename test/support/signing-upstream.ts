/*
 * A contributor as a script: it answers like any engine and signs its Work, honestly or as a test tells it to lie. The
 * hashes are made here from the protocol's words, with nothing of the gateway's.
 */
import { createHash, hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { workDigest } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import type { SigningIdentity } from '../../src/domain/contributor.ts'
import type { SignedWork, Work } from '../../src/domain/receipt.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  unixSecondsOf,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { testDomain, testModelId } from './gateway-on-ledger.ts'
import {
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  startSse,
  type UpstreamRequest,
  usageObject,
} from './scripted-upstream.ts'

export type Lies = {
  /** What the contributor says instead of the truth, signed all the same. */
  readonly work?: (work: Work) => Work
  /** What is done to the signed Work before it is sent; undefined sends none. */
  readonly signed?: (signed: SignedWork) => unknown
  /** The stream's last blocks instead of `[DONE]` and the Work. */
  readonly ending?: (work: string) => string
}

export type SigningUpstream = {
  readonly identity: SigningIdentity
  /** Says these words and signs. */
  readonly answer: (words: readonly string[], lies?: Lies) => Script
  /** Answers these bytes in one piece, and signs what is said of them beside their hashes. */
  readonly answerBody: (body: Buffer, contentType: string, said: Partial<Work>) => Script
}

/** Who signs, and for which receipts. */
export type Signer = {
  readonly privateKey: PrivateKey
  readonly operator: Address
  readonly domain: DomainSeparator
  readonly modelId: Bytes32
}

const ofNoRegistry = (): Signer => ({
  privateKey: randomPrivateKey(),
  operator: address(`0x${'0c'.repeat(20)}`),
  domain: testDomain,
  modelId: testModelId,
})

export function signingUpstream(signer: Signer = ofNoRegistry()): SigningUpstream {
  const { privateKey, operator, domain, modelId } = signer
  const signingAddress = addressOfPrivateKey(privateKey)
  return {
    identity: { operator, signingAddresses: [signingAddress] },
    answerBody: (body, contentType, said) => (request, response) => {
      const job = { request, operator, words: [], modelId }
      const work = { ...workOf(job, { body, streamRoot: zeroBytes32 }), ...said }
      const signed = { work, signature: signDigest(workDigest(domain, work), privateKey) }
      response.writeHead(200, {
        'content-type': contentType,
        'x-vouch-work': Buffer.from(JSON.stringify(signed)).toString('base64url'),
      })
      response.end(body)
    },
    answer: (words, lies = {}) => {
      const encode = (work: Work): string | undefined => {
        const told = lies.work?.(work) ?? work
        const signed = {
          work: told,
          signature: signDigest(workDigest(domain, told), privateKey),
        }
        const sent = lies.signed === undefined ? signed : lies.signed(signed)
        if (sent === undefined) return undefined
        return typeof sent === 'string'
          ? sent
          : Buffer.from(JSON.stringify(sent)).toString('base64url')
      }
      return (request, response) => {
        if (request.headers['x-vouch-job'] === undefined) return notAJob(response)
        const job = { request, operator, words, modelId }
        if (request.json['stream'] !== true) {
          const body = JSON.stringify(completion(words.join(''), usageObject(5, words.length)))
          const work = encode(workOf(job, { body, streamRoot: zeroBytes32 }))
          response.writeHead(200, {
            'content-type': 'application/json',
            ...(work === undefined ? {} : { 'x-vouch-work': work }),
          })
          response.end(body)
          return
        }
        const events = [
          sse(chunk({ role: 'assistant', content: '' })),
          ...words.map((content) => sse(chunk({ content }))),
          sse(chunk({}, 'stop')),
          sseDone,
        ]
        const streamRoot = chainOf(request, events)
        const work = encode(workOf(job, { body: events.join(''), streamRoot }))
        const comment = work === undefined ? '' : `: vouch-work ${work}\n\n`
        startSse(response)
        response.write(events.slice(0, -1).join(''))
        response.end(lies.ending?.(comment) ?? sseDone + comment)
      }
    },
  }
}

/** To a gateway that asks something else of an engine than a job, its load for one: an engine that does not know the question. */
function notAJob(response: ServerResponse): void {
  response.writeHead(404).end()
}

const sha256 = (bytes: string | Uint8Array) => bytes32(`0x${hash('sha256', bytes)}`)

function workOf(
  job: {
    readonly request: UpstreamRequest
    readonly operator: Work['contributor']
    readonly words: readonly string[]
    readonly modelId: Bytes32
  },
  answer: { readonly body: string | Uint8Array; readonly streamRoot: Work['streamRoot'] },
): Work {
  const { headers, body } = job.request
  const nowS = unixSecondsOf(Date.now())
  return {
    jobId: bytes32(String(headers['x-vouch-job'])),
    gateway: address(String(headers['x-vouch-gateway'])),
    contributor: job.operator,
    modelId: job.modelId,
    inputHash: sha256(body),
    outputHash: sha256(answer.body),
    contentHash: bytes32(`0x${hash('keccak-256', job.words.join(''))}`),
    streamRoot: answer.streamRoot,
    promptTokens: 5,
    cachedPromptTokens: 0,
    completionTokens: job.words.length,
    commitment: zeroBytes32,
    startedAt: nowS,
    finishedAt: nowS,
    status: 0,
  }
}

/** attestation.md's chain: h0 names the job and its input, each link an event. */
export function chainOf(request: UpstreamRequest, events: readonly string[]): Work['streamRoot'] {
  let link = createHash('sha256')
    .update('vouch-stream/1')
    .update(Buffer.from(String(request.headers['x-vouch-job']).slice(2), 'hex'))
    .update(createHash('sha256').update(request.body).digest())
    .digest()
  for (const event of events) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.byteLength(event))
    link = createHash('sha256').update(link).update(length).update(event).digest()
  }
  return bytes32(`0x${link.toString('hex')}`)
}
