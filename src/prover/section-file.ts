/*
 * The container that circom's tools keep everything in (r1cs, zkey, ptau, wtns): four letters, a version, the number of sections,
 * then sections: an id (u32), a length (u64), bytes. All numbers are little-endian.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { err, ok, type Result } from '../base/result.ts'

const headBytes = 12
const sectionHeadBytes = 12

export type SectionToWrite = {
  readonly id: number
  /** Written one after the other, and made only then: a setup is larger than what should lie in memory at once. */
  readonly parts: Iterable<Uint8Array>
}

export function writeSectionFile(
  path: string,
  { magic, version }: { readonly magic: string; readonly version: number },
  sections: readonly SectionToWrite[],
): void {
  const file = openSync(path, 'wx')
  try {
    const head = Buffer.alloc(headBytes)
    head.write(magic, 'latin1')
    head.writeUInt32LE(version, 4)
    head.writeUInt32LE(sections.length, 8)
    writeSync(file, head)
    let at = headBytes
    for (const { id, parts } of sections) {
      const start = at + sectionHeadBytes
      let end = start
      for (const part of parts) end += writeSync(file, part, 0, part.length, end)
      const sectionHead = Buffer.alloc(sectionHeadBytes)
      sectionHead.writeUInt32LE(id)
      sectionHead.writeBigUInt64LE(BigInt(end - start), 4)
      writeSync(file, sectionHead, 0, sectionHeadBytes, at)
      at = end
    }
  } finally {
    closeSync(file)
  }
}

/** Sections by id, the first of each. */
export function readSections(
  bytes: Uint8Array,
  magic: string,
): Result<ReadonlyMap<number, Buffer>, string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.toString('latin1', 0, 4) !== magic || buffer.length < headBytes) {
    return err(`not a ${magic} file`)
  }
  const sections = new Map<number, Buffer>()
  let at = headBytes
  for (let left = buffer.readUInt32LE(8); left > 0; left -= 1) {
    if (at + sectionHeadBytes > buffer.length) return err(`a ${magic} file that is cut off`)
    const id = buffer.readUInt32LE(at)
    const start = at + sectionHeadBytes
    const end = start + Number(buffer.readBigUInt64LE(at + 4))
    if (end > buffer.length) return err(`a ${magic} file that is cut off`)
    if (!sections.has(id)) sections.set(id, buffer.subarray(start, end))
    at = end
  }
  return ok(sections)
}
