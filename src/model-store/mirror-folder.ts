import { createReadStream } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { partBytes } from './limits.ts'
import type { Mirror, Outgoing } from './mirror.ts'
import { writeWhole } from './write-whole.ts'

/** A folder, such as one on a disk that is carried elsewhere, or that a web server shows. */
export function openFolderMirror(folder: string): Mirror {
  return {
    place: folder,
    sizeOf: async (key) => (await sizeOf(join(folder, key))) ?? undefined,
    read: (key, fromByte) => createReadStream(join(folder, key), { start: fromByte }),
    write: async (file) => {
      const path = join(folder, file.key)
      if (file.sha256 === undefined) await writeWhole(path, await file.read(0, file.bytes))
      else await continueTo(path, file)
    },
  }
}

/** From where an earlier attempt ended; whoever reads it hashes it. */
async function continueTo(path: string, { bytes, read, onBytes }: Outgoing): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const partial = `${path}.partial`
  let has = (await sizeOf(partial)) ?? 0
  const file = await open(partial, has > bytes ? 'w' : 'a')
  if (has > bytes) has = 0
  try {
    while (has < bytes) {
      const piece = await read(has, Math.min(bytes, has + partBytes))
      await file.appendFile(piece)
      has += piece.length
      onBytes?.(has)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(partial, path)
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}
