/* A proof that was dropped in the place of a receipt: the same checks as of `vouch verify PROOF.json`. */
import { toHex } from '../../src/base/hex.ts'
import { type CheckLine, fails, holds } from '../../src/client/check-line.ts'
import type { ShapeFault } from '../../src/client/object-reader.ts'
import {
  isProofDocument,
  parseProofDocument,
  verifyProofDocument,
} from '../../src/client/verify-proof-document.ts'
import {
  isUsageDocument,
  parseUsageDocument,
  verifyUsageDocument,
} from '../../src/client/verify-usage-document.ts'
import { verificationKeyBytesMax } from '../../src/proofs/proof.ts'
import { byId } from './dom.ts'
import { bytesOf, type Inputs } from './read-inputs.ts'

/** A file of another kind has faults everywhere; a person needs the first few. */
const faultsShownMax = 10

export const isProofFile = (document: Uint8Array): boolean =>
  isProofDocument(document) || isUsageDocument(document)

/** `document` is one of which `isProofFile` is true. */
export async function linesOfProof(
  document: Uint8Array,
  inputs: Inputs,
): Promise<readonly CheckLine[]> {
  if (isUsageDocument(document)) return linesOfUsage(document, inputs)
  const parsed = parseProofDocument(document)
  if (!parsed.ok) return faultLines(parsed.error)
  const { system, circuit } = parsed.value
  const shape = holds('shape', `a ${system} proof of the circuit ${circuit}`)
  const lines = await verifyProofDocument({
    proof: parsed.value,
    verificationKey: inputs.verificationKey,
    manifest: bytesOf('manifest'),
    takesDevInsecure: inputs.takesDevInsecure,
  })
  return [shape, ...lines]
}

async function linesOfUsage(document: Uint8Array, inputs: Inputs): Promise<readonly CheckLine[]> {
  const parsed = parseUsageDocument(document)
  if (!parsed.ok) return faultLines(parsed.error)
  const { verificationKey, takesDevInsecure, anchors } = inputs
  const lines = await verifyUsageDocument({
    document: parsed.value,
    ...{ verificationKey, takesDevInsecure },
    // It names no chain, and the page has no field for one: what it can be held to are keys that are known.
    anchors: { ...anchors(0), receiptVerifier: undefined },
    rpc: undefined,
  })
  return [holds('shape', `a usage proof of ${document.length} bytes`), ...lines]
}

const faultLines = (faults: readonly ShapeFault[]): readonly CheckLine[] =>
  faults
    .slice(0, faultsShownMax)
    .map(({ path, expected, found }) =>
      fails('shape', `${path || 'the document'}: expected ${expected}, found ${found}`),
    )

/** A key is a file of bytes, and its field has them as text. */
async function takeKey(file: File): Promise<void> {
  const isSmall = file.size <= verificationKeyBytesMax
  const bytes = isSmall ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array()
  const field = byId('vk', HTMLInputElement)
  field.value = isSmall ? toHex(bytes) : ''
  byId('vk-note', HTMLElement).textContent = isSmall
    ? `${file.name}, ${bytes.length} bytes`
    : `${file.name} has more than ${verificationKeyBytesMax} bytes`
  // What was checked before was checked without it.
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

export function listenToKey(): void {
  const chooser = byId('vk-file', HTMLInputElement)
  chooser.addEventListener('change', () => {
    const [file] = chooser.files ?? []
    if (file !== undefined) void takeKey(file)
    chooser.value = ''
  })
}
