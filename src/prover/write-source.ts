import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CircuitSource } from './circuit-source.ts'

/** The source's files, for compilers that read them from a folder. */
export async function writeSource(folder: string, { files }: CircuitSource): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}
