/*
 * The sums of contracts' jobs whose end is known, in one small file. The files of those jobs are removed after they are in it,
 * so it names them until they are: after a crash in between none is counted twice.
 */
import { readFile } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import { objectReader, type Reader, type ShapeFault } from '../client/object-reader.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  listReader,
  uint64Reader,
} from '../client/value-readers.ts'
import type { SettledDues } from './coordinator-dues.ts'
import type { Job } from './job-headers.ts'
import { writeWhole } from './write-whole.ts'

export type SettledDuesFile = {
  readonly dues: readonly SettledDues[]
  /** Jobs that are in the sums and whose own files may be there still. */
  readonly counted: readonly Job[]
}

const fileReader: Reader<SettledDuesFile> = objectReader<SettledDuesFile>(
  {
    dues: listReader(
      objectReader<SettledDues>(
        {
          gateway: addressReader,
          chainId: uint64Reader,
          coordinator: addressReader,
          paidJobs: uint64Reader,
          paidAmount: amountReader,
          lostJobs: uint64Reader,
          lostWorth: amountReader,
        },
        'ignored',
      ),
    ),
    counted: listReader(
      objectReader<Job>({ jobId: bytes32Reader, gateway: addressReader }, 'ignored'),
    ),
  },
  'ignored',
)

/** Empty where there is no file. Errors are one line for a person. */
export async function readSettledDues(path: string): Promise<Result<SettledDuesFile, string>> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return ok({ dues: [], counted: [] })
    return err(`${path} cannot be read (${code ?? 'no JSON'}): bring back a copy of it`)
  }
  const faults: ShapeFault[] = []
  const file = fileReader(value, { path: '', faults })
  return file === undefined ? err(`${path} cannot be used: bring back a copy of it`) : ok(file)
}

/** Durable when it resolves. Rejects with node's error. */
export const writeSettledDues = (path: string, file: SettledDuesFile): Promise<void> =>
  writeWhole(
    path,
    `${JSON.stringify(file, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`,
  )
