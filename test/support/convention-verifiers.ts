/*
 * The verifiers of the field as their documentation has them, with nothing of ours: each asks, takes the answer as its author
 * takes it (lines, decoded chunks, JSON that is written again), fetches the signature and the report, and judges.
 */
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { hashMessage, recoverAddress, verifyMessage } from 'ethers'

export type Asked = {
  readonly origin: string
  readonly apiKey: string
  /** Where signature and report are fetched, and a key of the same channel there: another replica. */
  readonly evidenceOrigin: string
  readonly evidenceApiKey: string
  readonly body: Readonly<Record<string, unknown>> & { readonly model: string }
}

export type Judged = {
  readonly requestHashMatches: boolean
  readonly responseHashMatches: boolean
  readonly signatureValid: boolean
  /** Whose address the attestation report is about. */
  readonly attestationSigner: string | undefined
}

type SignaturePayload = {
  readonly text: string
  readonly signature: string
  readonly signing_address: string
}

const sha256 = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('hex')

const fetchSignature = async (
  { evidenceOrigin, evidenceApiKey, body }: Asked,
  id: string,
  algo?: string,
): Promise<SignaturePayload> => {
  const query = new URLSearchParams({ model: body.model })
  if (algo !== undefined) query.set('signing_algo', algo)
  const response = await fetch(`${evidenceOrigin}/v1/signature/${id}?${query}`, {
    headers: { authorization: `Bearer ${evidenceApiKey}` },
  })
  const payload = (await response.json()) as SignaturePayload & { readonly error?: unknown }
  if (payload.error !== undefined) throw new Error(`signature: ${JSON.stringify(payload.error)}`)
  return payload
}

/** RedPill's: no credential, `error` ends everything, and the first attestation with a signing address is taken. */
async function fetchAttestationSigner(asked: Asked, address: string): Promise<string | undefined> {
  const nonce = randomBytes(32).toString('hex')
  const query = new URLSearchParams({ model: asked.body.model, nonce, signing_address: address })
  const response = await fetch(`${asked.evidenceOrigin}/v1/attestation/report?${query}`)
  const report = (await response.json()) as Record<string, unknown>
  if ('error' in report) throw new Error(`report: ${JSON.stringify(report['error'])}`)
  for (const key of ['model_attestations', 'all_attestations']) {
    for (const item of report[key] as Record<string, unknown>[]) {
      if ('signing_address' in item) return String(item['signing_address'])
    }
  }
  const container = report['gateway_attestation'] as Record<string, unknown> | undefined
  return String((container ?? report)['signing_address'])
}

const post = ({ origin, apiKey }: Asked, path: string, sent: string, headers = {}) =>
  fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body: sent,
  })

const judged = async (
  asked: Asked,
  { text, signature, signing_address }: SignaturePayload,
  bytes: { readonly sent: string; readonly received: string | Uint8Array },
): Promise<Judged> => {
  const parts = text.split(':')
  if (parts.length !== 2) throw new Error(`${parts.length} parts`)
  return {
    requestHashMatches: parts[0] === sha256(bytes.sent),
    responseHashMatches: parts[1] === sha256(bytes.received),
    signatureValid: verifyMessage(text, signature).toLowerCase() === signing_address.toLowerCase(),
    attestationSigner: await fetchAttestationSigner(asked, signing_address),
  }
}

/** RedPill's and NEAR's first one, in Python: a stream is taken line by line, and each line gets its end back. */
export async function redPillPython(asked: Asked): Promise<Judged> {
  const sent = JSON.stringify(asked.body)
  const response = await post(asked, '/v1/chat/completions', sent)
  const raw = Buffer.from(await response.arrayBuffer())
  if (asked.body['stream'] !== true) {
    const received = raw.toString()
    const { id } = JSON.parse(received) as { id: string }
    return judged(asked, await fetchSignature(asked, id), { sent, received })
  }
  // iter_lines: bytes.splitlines() knows LF, CR and CRLF, and leaves out the last end.
  const lines = raw.toString().split(/\r\n|\n|\r/)
  lines.pop()
  const received = lines.map((line) => `${line}\n`).join('')
  const first = lines.find((line) => line.startsWith('data: {')) ?? ''
  const { id } = JSON.parse(first.slice(6)) as { id: string }
  return judged(asked, await fetchSignature(asked, id), { sent, received })
}

/** NEAR's in TypeScript: each chunk is decoded for itself, and an answer in one piece is parsed and written again. */
export async function nearTypeScript(asked: Asked): Promise<Judged> {
  const sent = JSON.stringify(asked.body)
  const decoded = await new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(asked.origin)
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${asked.apiKey}`,
    }
    const options = { hostname, port, path: '/v1/chat/completions', method: 'POST', headers }
    const sending = httpRequest(options, (response: IncomingMessage) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve(text))
    })
    sending.on('error', reject)
    sending.end(sent)
  })
  const streamed = asked.body['stream'] === true
  const received = streamed ? decoded : JSON.stringify(JSON.parse(decoded))
  const first = streamed ? (/^data: (\{.*\})$/m.exec(decoded)?.[1] ?? '') : decoded
  const { id } = JSON.parse(first) as { id: string }
  return judged(asked, await fetchSignature(asked, id, 'ecdsa'), { sent, received })
}

/** The same with Ed25519: a raw signature over the UTF-8 text, and the public key for an address. */
export async function ed25519(asked: Asked): Promise<Omit<Judged, 'attestationSigner'>> {
  const sent = JSON.stringify(asked.body)
  const response = await post(asked, '/v1/chat/completions', sent)
  const received = Buffer.from(await response.arrayBuffer())
  const id = /"id":"([^"]+)"/.exec(received.toString())?.[1] ?? ''
  const { text, signature, signing_address } = await fetchSignature(asked, id, 'ed25519')
  const x = Buffer.from(signing_address, 'hex').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const [requestHash, responseHash] = text.split(':')
  return {
    requestHashMatches: requestHash === sha256(sent),
    responseHashMatches: responseHash === sha256(received),
    signatureValid: verify(null, Buffer.from(text), key, Buffer.from(signature, 'hex')),
  }
}

/** 0G's: everything lies under `/v1/proxy`, the answer is named by a header, and the signature is asked for without a key. */
export async function zeroG(asked: Asked, registeredSigner: string): Promise<boolean> {
  const response = await post(asked, '/v1/proxy/chat/completions', JSON.stringify(asked.body))
  await response.arrayBuffer()
  const chatId = response.headers.get('ZG-Res-Key')
  const fetched = await fetch(
    `${asked.evidenceOrigin}/v1/proxy/signature/${chatId}?model=${asked.body.model}`,
    { headers: { 'content-type': 'application/json' } },
  )
  if (!fetched.ok) throw new Error('getting signature error')
  const { text, signature } = (await fetched.json()) as SignaturePayload
  return recoverAddress(hashMessage(text), signature).toLowerCase() === registeredSigner
}

/** io.net's: the signature comes with the answer, in four headers. */
export async function ioNet(asked: Asked): Promise<Judged> {
  const sent = JSON.stringify(asked.body)
  const headers = { 'x-signature-headers': 'ecdsa' }
  const response = await post(asked, '/v1/chat/completions', sent, headers)
  const received = Buffer.from(await response.arrayBuffer())
  const header = (name: string) => response.headers.get(name) ?? ''
  const payload = {
    text: header('text'),
    signature: header('signature'),
    signing_address: header('signing_address'),
  }
  return judged(asked, payload, { sent, received })
}
