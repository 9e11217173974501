import { readFileSync } from 'node:fs'
import { type FaultEvidence, type FaultKind, parseFaultEvidence } from '../client/fault-evidence.ts'
import { CommandFailure } from './command.ts'
import { codeOf, describeShapeFault } from './read-trust.ts'

/** Evidence from a file; `-` is standard input. Throws CommandFailure for what is none. */
export function readEvidence(path: string | undefined): FaultEvidence {
  if (path === undefined) {
    throw new CommandFailure('which evidence? Give its file, or - for standard input', 2)
  }
  const parsed = parseFaultEvidence(bytesOf(path))
  if (parsed.ok) return parsed.value
  const [first] = parsed.error
  throw new CommandFailure(
    `${path} is no evidence of a fault: ${first === undefined ? 'it is empty' : describeShapeFault(first)}`,
  )
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (error) {
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
}

export const faultWords: Readonly<Record<FaultKind, string>> = {
  S1: 'a contributor contradicts itself',
  S2: 'a gateway gave one number twice',
  S3: 'a receipt costs more than its price sheet allows',
  S4: 'a receipt was not anchored when it was promised',
  S5: 'a receipt claims a tier that nothing stands behind',
  S6: 'an accepted job was not delivered',
  S7: 're-executed, the answer is another one',
}
