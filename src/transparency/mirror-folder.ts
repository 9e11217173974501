/*
 * The log as files, for whoever copies or serves them elsewhere: two for each batch, written whole and then named, so that
 * a file that is there is complete. `vouch log mirror` writes the same from outside. docs/transparency.md.
 */
import { existsSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogDomain } from '../domain/log-documents.ts'
import { logEntriesText } from '../domain/log-entries.ts'
import { logHeadText, mirrorFiles } from '../domain/log-mirror.ts'
import type { LogStore } from '../store/log-store.ts'

export type LogMirror = {
  /** Writes what is signed and not there yet. Throws what the file system says, or StoreFailure. */
  readonly catchUp: () => Promise<void>
}

const batchesAtOnceMax = 64

export function mirrorInFolder(terms: {
  readonly folder: string
  readonly store: LogStore
  readonly domain: LogDomain
}): LogMirror {
  const { folder, store, domain } = terms
  /** All before it are there. */
  let next = 0
  return {
    catchUp: async () => {
      await mkdir(folder, { recursive: true })
      const { batches } = await store.length()
      while (next < batches) {
        if (isThere(folder, next)) {
          next += 1
          continue
        }
        for (const batch of await store.batches({ from: next, limit: batchesAtOnceMax })) {
          const digests = await store.digests(batch.head.batch)
          if (batch.signature === undefined || digests === undefined) return
          const files = mirrorFiles(batch.head.batch)
          const entries = logEntriesText(batch.head.firstSeq, digests)
          await writeWhole(join(folder, files.entries), entries)
          // The head last: it says that its entries are there.
          const text = logHeadText({ ...batch, signature: batch.signature, domain })
          await writeWhole(join(folder, files.head), text)
          next = batch.head.batch + 1
        }
      }
    },
  }
}

const isThere = (folder: string, batch: number): boolean =>
  existsSync(join(folder, mirrorFiles(batch).head))

/** Under another name until all of it is on the disk. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`
  const file = await open(partial, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(partial, path)
}
