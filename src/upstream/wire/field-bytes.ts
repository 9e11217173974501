/*
 * Which bytes may stand where in the fields of HTTP/1.1 (RFC 9110, sections 5.5 and 5.6.2). What is none of them ends the
 * reading: bytes that one reader takes for a line's end and another does not are how answers are smuggled.
 */

const token = 1
const content = 2
const kinds = new Uint8Array(256)
for (let code = 0x20; code < 0x100; code += 1) if (code !== 0x7f) kinds[code] = content
kinds[0x09] = content
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  kinds[char.charCodeAt(0)] = token | content
}

/** Part of a field's name. */
export const isTokenByte = (code: number): boolean => ((kinds[code] ?? 0) & token) !== 0

/** Part of a field's value, or of a reason phrase. */
export const isContentByte = (code: number): boolean => ((kinds[code] ?? 0) & content) !== 0
