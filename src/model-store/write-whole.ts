import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A file that is there is complete and on the disk: it is written under another name first. What was there is replaced. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = await draftBeside(path, content)
  await rename(draft, path)
  await syncFolder(dirname(path))
}

/** The same, only where nothing is there; false where something was. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<boolean> {
  const draft = await draftBeside(path, content)
  try {
    await link(draft, path)
    await syncFolder(dirname(path))
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  } finally {
    await unlink(draft)
  }
}

async function draftBeside(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const draft = join(dirname(path), `.draft-${randomBytes(8).toString('hex')}`)
  const file = await open(draft, 'wx')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  return draft
}

/** So that the name outlives a loss of power, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
