/*
 * The first words over a tunnel: the gateway says who it is and asks the contributor to say the same. Until both have, nothing
 * else is said.
 */
import type { ClientHttp2Session } from 'node:http2'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { parseSignature, recoverSigner, signDigest } from '../chain/signatures.ts'
import { tunnelAcceptanceDigest, tunnelOfferDigest } from '../chain/tunnel-typed-data.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { SigningIdentity } from '../domain/contributor.ts'
import { type Address, type Bytes32, bytes32 } from '../domain/units.ts'
import { greetingPath } from './tunnel-exchange.ts'

export type GreetingTerms = {
  readonly domain: DomainSeparator
  readonly gateway: Address
  /** The gateway's registered signing key. */
  readonly signingKey: PrivateKey
  readonly timeoutMs: number
}

/** Longer answers are none. */
const answerBytesMax = 4 * 1024

/** Answers which of its keys it proved. The error is one line for the log. */
export async function greetContributor(
  session: ClientHttp2Session,
  terms: GreetingTerms,
  caller: { readonly identity: SigningIdentity; readonly nonce: Bytes32 },
): Promise<Result<Address, string>> {
  const greeting = {
    gateway: terms.gateway,
    contributor: caller.identity.operator,
    contributorNonce: caller.nonce,
    gatewayNonce: bytes32(`0x${randomHex(32)}`),
  }
  const offer = signDigest(tunnelOfferDigest(terms.domain, greeting), terms.signingKey)
  const answer = await ask(
    session,
    JSON.stringify({ ...greeting, signature: offer }),
    terms.timeoutMs,
  )
  if (answer === undefined) return err('it did not answer the greeting')
  const accepted = parseSignature(signatureIn(answer))
  if (!accepted.ok) return err('its answer to the greeting has no signature')
  const signer = recoverSigner(tunnelAcceptanceDigest(terms.domain, greeting), accepted.value)
  const isKnown = signer !== undefined && caller.identity.signingAddresses.includes(signer)
  return isKnown ? ok(signer) : err('its signature is not of a key of that contributor')
}

function ask(
  session: ClientHttp2Session,
  body: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const stream = session.request({ ':method': 'POST', ':path': greetingPath })
  return new Promise((settle) => {
    let text = ''
    let status = 0
    const overdue = setTimeout(() => stream.destroy(), timeoutMs)
    stream.setEncoding('utf8')
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0
    })
    stream.on('data', (piece: string) => {
      text += piece
      if (text.length > answerBytesMax) stream.destroy()
    })
    stream.on('end', () => settle(status === 200 ? text : undefined))
    stream.on('error', () => {})
    stream.on('close', () => {
      clearTimeout(overdue)
      settle(undefined)
    })
    stream.end(body)
  })
}

function signatureIn(json: string): string {
  try {
    return String((JSON.parse(json) as { signature?: unknown } | null)?.signature)
  } catch {
    return ''
  }
}
