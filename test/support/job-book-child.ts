/*
 * Begins jobs in the book that it is told, as fast as they become durable, and says each that is: its parent ends it by
 * SIGKILL in the middle of that.
 */
import { writeSync } from 'node:fs'
import { openJobBook } from '../../src/contributor/job-book.ts'
import { address, bytes32 } from '../../src/domain/units.ts'

const [path = ''] = process.argv.slice(2)
const gateway = address(`0x${'6a'.repeat(20)}`)
const book = await openJobBook(path, 64)
if (!book.ok) throw new Error(book.error)

const begin = async (worker: number): Promise<void> => {
  for (let index = 0; ; index += 1) {
    const jobId = bytes32(
      `0x${worker.toString(16).padStart(2, '0')}${index.toString(16).padStart(62, '0')}`,
    )
    const begun = book.value.begin({ jobId, gateway })
    if (begun === undefined) throw new Error('a new job was known')
    await begun.durable
    begun.signed()
    begun.over()
    // Straight to the pipe: a line that was said is there even when the process dies with the next instruction.
    writeSync(1, `${jobId}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, worker) => begin(worker)))
