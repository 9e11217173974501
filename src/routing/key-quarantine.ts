/*
 * Whether a contributor may be asked at all: our key there was refused, or what it signed does not hold.
 *
 *   trusted ──denied──▶ quarantined (credentials) ──an hour: attemptBegan──▶ probed ──served──▶ trusted
 *      └────forged────▶ quarantined (forged): until the operator readmits it
 */
import type { AttemptOutcome } from './circuit-breaker.ts'

/** Undefined: trusted. */
export type Quarantine =
  | {
      readonly cause: 'credentials'
      /** From then on one attempt may find out; while it does, this is an hour ahead again. */
      readonly probeAtMs: number
    }
  | { readonly cause: 'forged' }

export const quarantineProbeMs = 3_600_000

export type QuarantineVerdict = 'admits' | 'admits_probe' | 'quarantined'

export function judgeQuarantine(
  quarantine: Quarantine | undefined,
  nowMs: number,
): QuarantineVerdict {
  if (quarantine === undefined) return 'admits'
  const isDue = quarantine.cause === 'credentials' && nowMs >= quarantine.probeAtMs
  return isDue ? 'admits_probe' : 'quarantined'
}

/** The probe's own time is set an hour ahead, so that there is one even when it never ends. */
export function quarantineWhenBegan(
  quarantine: Quarantine | undefined,
  nowMs: number,
): Quarantine | undefined {
  return judgeQuarantine(quarantine, nowMs) === 'admits_probe'
    ? { cause: 'credentials', probeAtMs: nowMs + quarantineProbeMs }
    : quarantine
}

export function quarantineWhenEnded(
  quarantine: Quarantine | undefined,
  outcome: AttemptOutcome,
  nowMs: number,
): Quarantine | undefined {
  if (outcome.kind === 'forged' || quarantine?.cause === 'forged') return { cause: 'forged' }
  if (outcome.kind === 'denied') {
    return { cause: 'credentials', probeAtMs: nowMs + quarantineProbeMs }
  }
  // An answer shows that the key is good again, whoever asked for it.
  return outcome.kind === 'served' ? undefined : quarantine
}
