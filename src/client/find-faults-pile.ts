import { err, ok, type Result } from '../base/result.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import type { SignedWork } from '../domain/receipt.ts'
import { objectReader, type ShapeFault, valueReader } from './object-reader.ts'
import {
  checkpointReader,
  domainReader,
  type ParsedReceipt,
  workReader,
} from './parse-receipt-document.ts'
import { signatureReader } from './value-readers.ts'

type Domain = ParsedReceipt['domain']
type ToldWork = SignedWork & { readonly object: 'vouch.work'; readonly domain: Domain }
type ToldCheckpoint = SignedCheckpoint & {
  readonly object: 'vouch.checkpoint'
  readonly domain: Domain
}

const literal = <T extends string>(text: T) =>
  valueReader<T>(`"${text}"`, (value) => (value === text ? text : undefined))

const toldWork = objectReader<ToldWork>(
  {
    object: literal('vouch.work'),
    domain: domainReader,
    work: workReader,
    signature: signatureReader,
  },
  'ignored',
)
const toldCheckpoint = objectReader<ToldCheckpoint>(
  {
    object: literal('vouch.checkpoint'),
    domain: domainReader,
    checkpoint: checkpointReader,
    signature: signatureReader,
  },
  'ignored',
)

/** A Work or a checkpoint by itself, with the domain that it was signed under. */
export function readToldStatement(
  value: unknown,
): Result<ToldWork | ToldCheckpoint, readonly ShapeFault[]> {
  const faults: ShapeFault[] = []
  const { object } = Object(value) as { readonly object?: unknown }
  const reader = object === 'vouch.checkpoint' ? toldCheckpoint : toldWork
  const read = reader(value, { path: '', faults })
  return read === undefined ? err(faults) : ok(read)
}
