/*
 * What `vouch verify` makes of a file that is a proof by itself: of a model or of membership, of a stretch of a channel, of a batch.
 */
import { ok, type Result } from '../base/result.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { parseBatchProof } from '../client/batch-documents.ts'
import { type CheckLine, holds } from '../client/check-line.ts'
import type { ShapeFault } from '../client/object-reader.ts'
import type { TrustAnchors } from '../client/trust-anchors.ts'
import { isBatchDocument, verifyBatchDocument } from '../client/verify-batch-document.ts'
import {
  isProofDocument,
  parseProofDocument,
  verifyProofDocument,
} from '../client/verify-proof-document.ts'
import {
  isUsageDocument,
  parseUsageDocument,
  usageGatewayOf,
  verifyUsageDocument,
} from '../client/verify-usage-document.ts'
import type { Address } from '../domain/units.ts'
import type { VerifyOptions } from './verify-options.ts'

type Surroundings = {
  readonly read: (file: string) => Promise<Buffer>
  /** Whom the person trusts, about this gateway. */
  readonly anchorsOf: (gateway: Address) => Promise<TrustAnchors>
}

type Lines = Result<readonly CheckLine[], readonly ShapeFault[]>

/** Undefined for what does not say that it is a proof. */
export async function linesOfProofFile(
  bytes: Uint8Array,
  { keyFile, manifestFile, takesDevInsecure, rpcUrl }: VerifyOptions,
  { read, anchorsOf }: Surroundings,
): Promise<Lines | undefined> {
  const readIfGiven = async (file: string | undefined) =>
    file === undefined ? undefined : await read(file)
  const common = async () => ({ verificationKey: await readIfGiven(keyFile), takesDevInsecure })
  if (isProofDocument(bytes)) {
    const parsed = parseProofDocument(bytes)
    if (!parsed.ok) return parsed
    const { system, circuit } = parsed.value
    const manifest = await readIfGiven(manifestFile)
    const asked = { proof: parsed.value, manifest, ...(await common()) }
    return shaped(`a ${system} proof of the circuit ${circuit}`, await verifyProofDocument(asked))
  }
  if (isUsageDocument(bytes)) {
    const parsed = parseUsageDocument(bytes)
    if (!parsed.ok) return parsed
    const anchors = await anchorsOf(usageGatewayOf(parsed.value))
    const rpc = rpcUrl === undefined ? undefined : jsonRpc(rpcUrl)
    const asked = { document: parsed.value, anchors, rpc, ...(await common()) }
    return shaped(`a usage proof of ${bytes.length} bytes`, await verifyUsageDocument(asked))
  }
  if (!isBatchDocument(bytes)) return undefined
  const parsed = parseBatchProof(bytes)
  if (!parsed.ok) return parsed
  const anchors = await anchorsOf(parsed.value.statement.gateway)
  const asked = { document: parsed.value, anchors, ...(await common()) }
  return shaped(`a batch proof of ${bytes.length} bytes`, await verifyBatchDocument(asked))
}

const shaped = (detail: string, lines: readonly CheckLine[]): Lines =>
  ok([holds('shape', detail), ...lines])
