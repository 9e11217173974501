import { readFile, stat } from 'node:fs/promises'
import { messageOf } from '../base/message-of.ts'
import { CommandFailure } from './command.ts'

/** A file that a person named. Throws CommandFailure where it cannot be read, or has more bytes. */
export async function readGivenFile(path: string, bytesMax: number): Promise<Buffer> {
  try {
    const { size } = await stat(path)
    if (size > bytesMax) throw new Error(`it has ${size} bytes, over ${bytesMax}`)
    return await readFile(path)
  } catch (thrown) {
    throw new CommandFailure(`${path}: ${messageOf(thrown)}`)
  }
}
