import { type Hex, hexOf } from '../base/hex.ts'

const wordBytes = 32

/**
 * What TierEvidence takes as the proof of an inference: `abi.encode(int256[] inputs, int256[] outputs, bytes proof)`. Both sides
 * are given in their wire form, `abi.encode(int256[])`, of which receipts have the hashes.
 */
export function encodeInferenceProof(sides: {
  readonly input: Uint8Array
  readonly output: Uint8Array
  readonly proof: Hex
}): Hex {
  // Behind the word that says where it begins, the wire form is the array as it lies in any other encoding.
  const input = Buffer.from(sides.input).subarray(wordBytes)
  const output = Buffer.from(sides.output).subarray(wordBytes)
  const proof = Buffer.from(sides.proof.slice(2), 'hex')
  const padding = Buffer.alloc((wordBytes - (proof.length % wordBytes)) % wordBytes)
  const inputAt = 3 * wordBytes
  const outputAt = inputAt + input.length
  const proofAt = outputAt + output.length
  const words = [inputAt, outputAt, proofAt].map(word)
  const encoded = [...words, input, output, word(proof.length), proof, padding]
  return hexOf(Buffer.concat(encoded).toString('hex'))
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(wordBytes)
  bytes.writeUInt32BE(value, wordBytes - 4)
  return bytes
}
