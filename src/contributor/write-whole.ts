import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** In the place of what was there, in one step, and on the disk. Rejects with node's error. */
export async function writeWhole(path: string, bytes: Buffer | string): Promise<void> {
  const draft = `${path}${draftEnd}`
  await writeDraft(draft, bytes)
  await rename(draft, path)
  await syncFolder(dirname(path))
}

/** The bytes are on the disk when it resolves; that they are called so is not. */
export async function writeDraft(path: string, bytes: Buffer | string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Of the name of what a crash may have left half written. */
export const draftEnd = '.new'

/** A power cut must not bring back what a file's name stood for before. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and keeps names in order by itself.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
