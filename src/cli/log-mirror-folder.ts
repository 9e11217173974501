/*
 * A copy of a log in a folder, as a gateway's own mirror writes it (domain/log-mirror.ts).
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { readLogHead } from '../client/log-documents.ts'
import { type LogSource, parseLogText } from '../client/log-source.ts'
import type { LogHeadDocument } from '../domain/log-documents.ts'
import { logHeadText, mirrorFiles } from '../domain/log-mirror.ts'
import { CommandFailure } from './command.ts'
import { codeOf } from './read-trust.ts'

export type MirrorFolder = LogSource & {
  /** A file that is there is whole: it is named when all of it is written. */
  readonly keep: (document: LogHeadDocument, entries: string) => Promise<void>
}

export function mirrorFolder(folder: string): MirrorFolder {
  const at = (file: string) => join(folder, file)
  return {
    name: folder,
    batch: async (batch) => {
      const text = await readText(at(mirrorFiles(batch).head))
      if (!text.ok || text.value === undefined) return text.ok ? ok(undefined) : text
      const document = parseLogText(text.value, readLogHead)
      return document.ok ? document : err(`${at(mirrorFiles(batch).head)}: ${document.error}`)
    },
    entries: (batch) => readText(at(mirrorFiles(batch).entries)),
    keep: async (document, entries) => {
      await mkdir(folder, { recursive: true })
      const files = mirrorFiles(document.head.batch)
      await writeWhole(at(files.entries), entries)
      await writeWhole(at(files.head), logHeadText(document))
    },
  }
}

/** A copy that is there: compared with a folder that has none, any log would hold. */
export async function existingMirror(folder: string): Promise<MirrorFolder> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new CommandFailure(`cannot read ${folder} (${codeOf(error)})`)
  })
  if (names.some((name) => name.endsWith('.head.json'))) return mirrorFolder(folder)
  throw new CommandFailure(`${folder} has no copy of a log: it has no batch-….head.json`)
}

async function readText(path: string): Promise<Result<string | undefined, string>> {
  try {
    return ok(await readFile(path, 'utf8'))
  } catch (error) {
    const code = codeOf(error)
    return code === 'ENOENT' ? ok(undefined) : err(`cannot read ${path} (${code})`)
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.partial`, text)
  await rename(`${path}.partial`, path)
}
