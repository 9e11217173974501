/*
 * Files by what they hold: `blobs/sha256/<digest>`. A file that is there was whole and true when it was put there, and is hashed
 * again whenever it is read. What arrives in pieces lies in `partial/` until all of it is there.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { isSha256, type Sha256, sha256Of } from './content-id.ts'
import { fileBytesMax } from './limits.ts'
import { type StoreFault, unavailable } from './store-fault.ts'
import { writeWhole } from './write-whole.ts'

export type Blob = { readonly sha256: Sha256; readonly bytes: number; readonly writtenAtMs: number }

/** The bytes of a file from `fromByte` on. */
type ReadFrom = (fromByte: number) => AsyncIterable<Uint8Array>

export type BlobFolder = {
  readonly put: (content: Uint8Array) => Promise<Result<Sha256, StoreFault>>
  /**
   * Takes a file from where it was left off, so that what a broken line brought is not brought again. What does not hash to
   * its name is thrown away, all of it.
   */
  readonly receive: (file: Incoming, read: ReadFrom) => Promise<Result<'received', StoreFault>>
  /** Hashed before it is returned. */
  readonly read: (sha256: Sha256) => Promise<Result<Buffer, StoreFault>>
  /** Undefined: it is not there. */
  readonly find: (sha256: Sha256) => Promise<Blob | undefined>
  readonly list: () => Promise<readonly Blob[]>
  /** Its age begins anew, so that nobody collects it before it is referred to; false where it is not there. */
  readonly refresh: (sha256: Sha256) => Promise<boolean>
  readonly remove: (sha256: Sha256) => Promise<void>
  readonly pathOf: (sha256: Sha256) => string
}

type Incoming = {
  readonly sha256: Sha256
  readonly bytes: number
  /** Told how many of them are there. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export function openBlobFolder(folder: string): BlobFolder {
  const whole = join(folder, 'blobs/sha256')
  const partial = join(folder, 'partial')
  const pathOf = (sha256: Sha256): string => join(whole, sha256)

  async function find(sha256: Sha256): Promise<Blob | undefined> {
    try {
      const { size, mtimeMs } = await stat(pathOf(sha256))
      return { sha256, bytes: size, writtenAtMs: mtimeMs }
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw thrown
    }
  }

  return {
    pathOf,
    find,
    put: async (content) => {
      const sha256 = sha256Of(content)
      try {
        // Written even where it is there: what is there may be damaged, and its age begins anew.
        await writeWhole(pathOf(sha256), content)
        return ok(sha256)
      } catch (thrown) {
        return err(unavailable(folder, thrown))
      }
    },
    receive: async (file, read) => {
      if (file.bytes > fileBytesMax) {
        const detail = `${file.sha256} has ${file.bytes} bytes; a store takes files of ${fileBytesMax}`
        return err({ kind: 'invalid', detail })
      }
      try {
        await mkdir(partial, { recursive: true })
        await mkdir(whole, { recursive: true })
        const path = await claimPartial(partial, file.sha256)
        await appendFrom(path, file, read)
        if ((await hashOfFile(path)) !== file.sha256) {
          await rm(path)
          return err({ kind: 'altered', detail: `what came for ${file.sha256} is something else` })
        }
        await rename(path, pathOf(file.sha256))
        return ok('received')
      } catch (thrown) {
        return err(unavailable(`while ${file.sha256} was received`, thrown))
      }
    },
    read: async (sha256) => {
      try {
        const content = await readFile(pathOf(sha256))
        if (sha256Of(content) === sha256) return ok(content)
        return err({ kind: 'altered', detail: `${pathOf(sha256)} is not what its name says` })
      } catch (thrown) {
        const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
        return err(
          isMissing
            ? { kind: 'missing', detail: `the store has no file ${sha256}` }
            : unavailable(folder, thrown),
        )
      }
    },
    list: async () => {
      const names: readonly string[] = await readdir(whole).catch(() => [])
      const found = await Promise.all(names.filter(isSha256).map((sha256) => find(sha256)))
      return found.filter((blob) => blob !== undefined)
    },
    refresh: (sha256) => {
      const now = new Date()
      return utimes(pathOf(sha256), now, now).then(
        () => true,
        () => false,
      )
    },
    remove: (sha256) => rm(pathOf(sha256), { force: true }),
  }
}

/**
 * `<digest>.<process id>`: a file that another process left when it ended is taken over, and one that a living process is filling
 * is left to it.
 */
async function claimPartial(folder: string, sha256: Sha256): Promise<string> {
  const own = join(folder, `${sha256}.${process.pid}`)
  for (const name of await readdir(folder)) {
    const [digest, owner] = name.split('.')
    if (digest !== sha256 || isAlive(Number(owner))) continue
    // Whoever is first has it; for the others it is not there any more.
    const isOurs = await rename(join(folder, name), own).then(
      () => true,
      () => false,
    )
    if (isOurs) break
  }
  return own
}

function isAlive(processId: number): boolean {
  if (processId === process.pid) return true
  try {
    process.kill(processId, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function appendFrom(
  path: string,
  { bytes, onBytes }: Incoming,
  read: ReadFrom,
): Promise<void> {
  const file = await open(path, 'a')
  try {
    let has = (await file.stat()).size
    if (has > bytes) {
      await file.truncate()
      has = 0
    }
    onBytes?.(has)
    if (has === bytes) return
    for await (const piece of read(has)) {
      has += piece.length
      if (has > bytes) throw new Error(`there is more of it than ${bytes} bytes`)
      await file.appendFile(piece)
      onBytes?.(has)
    }
    if (has < bytes) throw new Error(`it ended after ${has} of ${bytes} bytes`)
  } finally {
    await file.sync()
    await file.close()
  }
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array)
  return hash.digest('hex')
}
