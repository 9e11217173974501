/*
 * A contributor as a script that signs how far its stream has come, honestly or as a test tells it to lie. Its chain is the
 * protocol's words (signing-upstream.ts) and nothing of the gateway's.
 */
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import type { Checkpoint } from '../../src/domain/checkpoint.ts'
import type { SigningIdentity } from '../../src/domain/contributor.ts'
import { address, bytes32, unixSecondsOf } from '../../src/domain/units.ts'
import { testDomain } from './gateway-on-ledger.ts'
import { chunk, roleEvent, type Script, sse, startSse, writePiece } from './scripted-upstream.ts'
import { chainOf } from './signing-upstream.ts'

/** A word of the answer, or a checkpoint behind those before it. */
export type Part =
  | string
  | {
      /** Tokens that it counted until there. */
      readonly tokens: number
      readonly told?: (truth: Checkpoint) => Checkpoint
      readonly signedBy?: PrivateKey
      /** What is sent instead of the encoded checkpoint. */
      readonly sent?: string
    }

export type CheckpointingUpstream = {
  readonly identity: SigningIdentity
  /** Streams the parts; then its connection breaks, or it says nothing more until its caller leaves. */
  readonly stream: (parts: readonly Part[], end: 'cut' | 'silence') => Script
}

export function checkpointingUpstream(): CheckpointingUpstream {
  const privateKey = randomPrivateKey()
  const operator = address(`0x${'0c'.repeat(20)}`)
  return {
    identity: { operator, signingAddresses: [addressOfPrivateKey(privateKey)] },
    stream: (parts, end) => async (request, response) => {
      const { headers } = request
      const events = [roleEvent]
      let index = 0
      startSse(response)
      await writePiece(response, roleEvent)
      for (const part of parts) {
        if (typeof part === 'string') {
          const event = sse(chunk({ content: part }))
          events.push(event)
          await writePiece(response, event)
          continue
        }
        const truth: Checkpoint = {
          jobId: bytes32(String(headers['x-vouch-job'])),
          gateway: address(String(headers['x-vouch-gateway'])),
          contributor: operator,
          index,
          streamHash: chainOf(request, events),
          completionTokens: part.tokens,
          signedAt: unixSecondsOf(Date.now()),
        }
        index += 1
        const checkpoint = part.told?.(truth) ?? truth
        const digest = checkpointDigest(testDomain, checkpoint)
        const signed = { checkpoint, signature: signDigest(digest, part.signedBy ?? privateKey) }
        const encoded = part.sent ?? Buffer.from(JSON.stringify(signed)).toString('base64url')
        await writePiece(response, `: vouch-checkpoint ${encoded}\n\n`)
      }
      if (end === 'cut') response.destroy()
    },
  }
}
