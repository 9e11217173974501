/*
 * The sha256 of files of many gigabytes. A digest is remembered with what the file was like, so that a contributor that starts
 * again does not read 40 GB again; a file of another size, time or inode is read anew.
 */
import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { openFile } from './file-reader.ts'
import { digestsKept, readChunkBytes } from './limits.ts'
import { WeightsFault } from './weights-fault.ts'

export type FileDigests = {
  /** Rejects with WeightsFault, with node's error, or with the reason of `signal`. */
  readonly sha256Of: (path: string, terms?: DigestTerms) => Promise<string>
}

type DigestTerms = {
  /** Bytes that were read since it was called last. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

type Remembered = { readonly like: string; readonly sha256: string }

/** `path` is a file of the contributor's folder; without one nothing is remembered. A file that is none counts as empty. */
export async function openFileDigests(path: string | undefined): Promise<FileDigests> {
  const remembered = await readRemembered(path)
  return {
    sha256Of: async (file, { onBytes, signal } = {}) => {
      const handle = await openFile(file)
      try {
        const before = await handle.stat({ bigint: true })
        const like = likenessOf(before)
        const known = remembered.get(file)
        if (known?.like === like) {
          onBytes?.(Number(before.size))
          return known.sha256
        }
        const hash = createHash('sha256')
        const buffer = Buffer.allocUnsafe(readChunkBytes)
        for (;;) {
          signal?.throwIfAborted()
          const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
          if (bytesRead === 0) break
          hash.update(buffer.subarray(0, bytesRead))
          onBytes?.(bytesRead)
        }
        if (likenessOf(await handle.stat({ bigint: true })) !== like) {
          throw new WeightsFault(file, 'it changed while it was read')
        }
        const sha256 = hash.digest('hex')
        remembered.delete(file)
        remembered.set(file, { like, sha256 })
        if (path !== undefined) await writeRemembered(path, remembered)
        return sha256
      } finally {
        await handle.close()
      }
    },
  }
}

/** To the nanosecond: a file that is written twice within a millisecond has two times. */
const likenessOf = ({ size, mtimeNs, ino, dev }: BigIntStats): string =>
  [size, mtimeNs, ino, dev].join(' ')

async function readRemembered(path: string | undefined): Promise<Map<string, Remembered>> {
  if (path === undefined) return new Map()
  let stored: unknown
  try {
    stored = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    // Not there, or damaged: everything is read again.
    return new Map()
  }
  const { files } = (stored ?? {}) as { readonly files?: unknown }
  return new Map(Object.entries(files ?? {}).filter((entry) => isRemembered(entry[1])))
}

function isRemembered(value: unknown): value is Remembered {
  const { like, sha256 } = (value ?? {}) as Readonly<Record<string, unknown>>
  return typeof like === 'string' && /^[0-9a-f]{64}$/.test(String(sha256))
}

async function writeRemembered(path: string, remembered: Map<string, Remembered>): Promise<void> {
  const [oldest] = remembered.keys()
  if (remembered.size > digestsKept && oldest !== undefined) remembered.delete(oldest)
  const draft = `${path}.new`
  const text = JSON.stringify({ files: Object.fromEntries(remembered) }, undefined, 1)
  await writeFile(draft, `${text}\n`, { mode: 0o600 })
  await rename(draft, path)
}
