import { Tokenizer } from '@huggingface/tokenizers'
import { err, ok, type Result } from '../base/result.ts'

/** Text to token ids and token ids to bytes, for tokenizers of the byte-level kind. */
export type ModelTokenizer = {
  /**
   * What a user wrote: the marks of the template are plain characters in it, so no one can forge a
   * message with them.
   */
  readonly encodeContent: (text: string) => readonly number[]
  /** What the template says: marks become their own tokens. */
  readonly encodeTemplate: (text: string) => readonly number[]
  /**
   * UTF-8 bytes of one token, which may be a part of a character. Undefined for marks, which are no
   * text.
   */
  readonly bytesOf: (tokenId: number) => Uint8Array | undefined
  /** The token's name for people, such as `<|end|>` for a mark. */
  readonly nameOf: (tokenId: number) => string
  /** No token stands for more bytes than this. */
  readonly tokenBytesMax: number
}

type AddedToken = { readonly id: number; readonly content: string }

/** The part of the Hugging Face `tokenizer.json` that this file reads itself. */
type TokenizerJson = {
  readonly added_tokens: readonly AddedToken[]
  readonly decoder: { readonly type: string }
  readonly model: { readonly type: string; readonly vocab: { readonly [token: string]: number } }
}

/** Reads `tokenizer.json`; the error says what about it is not supported. */
export function parseTokenizer(text: string): Result<ModelTokenizer, string> {
  let json: TokenizerJson
  try {
    json = JSON.parse(text)
  } catch {
    return err('it is not JSON')
  }
  if (json?.model?.type !== 'BPE' || json.decoder?.type !== 'ByteLevel') {
    return err('only byte-level BPE is supported (model "BPE", decoder "ByteLevel")')
  }
  const marks = new Map(json.added_tokens.map((token) => [token.id, token.content]))
  const bytes = new Map<number, Uint8Array>()
  for (const [token, tokenId] of Object.entries(json.model.vocab)) {
    if (!marks.has(tokenId)) bytes.set(tokenId, bytesOfSpelling(token))
  }
  const withMarks = new Tokenizer(json, {})
  const withoutMarks = new Tokenizer({ ...json, added_tokens: [] }, {})
  const encodeWith = (tokenizer: Tokenizer) => (content: string) =>
    tokenizer.encode(content, { add_special_tokens: false }).ids
  return ok({
    encodeContent: encodeWith(withoutMarks),
    encodeTemplate: encodeWith(withMarks),
    bytesOf: (tokenId) => bytes.get(tokenId),
    nameOf: (tokenId) => marks.get(tokenId) ?? nameOfBytes(bytes.get(tokenId)),
    tokenBytesMax: Math.max(...[...bytes.values()].map((value) => value.length)),
  })
}

/**
 * Bytes that are whole characters are their text; others are spelled as the OpenAI API does:
 * `bytes:\xf0\x9f`.
 */
function nameOfBytes(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return ''
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const digits = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    return `bytes:${digits.join('')}`
  }
}

const byteOfCharacter = byteAlphabet()

/**
 * Byte-level vocabularies spell a byte as one visible character: printable Latin-1 as itself, each
 * other byte as the next code point from U+0100 on, in the order of the bytes (the convention of
 * GPT-2's tokenizer).
 */
function byteAlphabet(): ReadonlyMap<string, number> {
  const alphabet = new Map<string, number>()
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  let next = 0x100
  for (let byte = 0; byte < 256; byte += 1) {
    if (isPrintable(byte)) alphabet.set(String.fromCodePoint(byte), byte)
    else {
      alphabet.set(String.fromCodePoint(next), byte)
      next += 1
    }
  }
  return alphabet
}

/**
 * A character outside the alphabet (a vocabulary may spell an added token in plain text) stands for
 * its own UTF-8.
 */
function bytesOfSpelling(spelling: string): Uint8Array {
  const bytes = [...spelling].flatMap((character) => {
    const byte = byteOfCharacter.get(character)
    return byte === undefined ? [...Buffer.from(character, 'utf8')] : [byte]
  })
  return Uint8Array.from(bytes)
}
