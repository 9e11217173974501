/*
 * `GET /v1/receipts/{id}?include=legacy,aci`: the receipt as others read it in the same document, so that one file has all that
 * was signed of an answer.
 */
import { err, ok, type Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Bytes32 } from '../../domain/units.ts'
import type { EvidenceDoor } from '../../gateway/evidence-door.ts'

const kinds = ['legacy', 'aci'] as const
type Kind = (typeof kinds)[number]

/** What is asked for beside the receipt; nothing where nothing is said. */
export function readIncluded(query: URLSearchParams): Result<readonly Kind[], Refusal> {
  const names = query.get('include')?.split(',') ?? []
  const asked = kinds.filter((kind) => names.includes(kind))
  return asked.length === names.length
    ? ok(asked)
    : err({ reason: 'invalid_value', param: 'include', expected: `any of ${kinds.join(', ')}` })
}

/** Only the last brace of `document` is moved: it stays, byte for byte, what was sealed. */
export async function withIncluded(
  evidence: EvidenceDoor,
  document: string,
  asked: { readonly kinds: readonly Kind[]; readonly channelId: Bytes32; readonly id: string },
): Promise<Result<string, Refusal>> {
  const { channelId, id } = asked
  let text = document
  for (const kind of asked.kinds) {
    const made =
      kind === 'aci'
        ? await evidence.aciReceipt(channelId, id)
        : await evidence.signature(channelId, { id, algo: 'ecdsa' })
    if (!made.ok) return made
    text = `${text.slice(0, -1)},"${kind}":${JSON.stringify(made.value)}}`
  }
  return ok(text)
}
