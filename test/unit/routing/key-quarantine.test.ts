import { expect, test } from 'vitest'
import {
  judgeQuarantine,
  quarantineProbeMs,
  quarantineWhenBegan,
  quarantineWhenEnded,
} from '../../../src/routing/key-quarantine.ts'

const denied = (nowMs: number) => quarantineWhenEnded(undefined, { kind: 'denied' }, nowMs)

test('a key that was refused is probed once an hour', () => {
  const quarantine = denied(0)
  expect(judgeQuarantine(quarantine, quarantineProbeMs - 1)).toBe('quarantined')
  expect(judgeQuarantine(quarantine, quarantineProbeMs)).toBe('admits_probe')
  const probed = quarantineWhenBegan(quarantine, quarantineProbeMs)
  expect(judgeQuarantine(probed, quarantineProbeMs)).toBe('quarantined')
  expect(judgeQuarantine(probed, 2 * quarantineProbeMs)).toBe('admits_probe')
})

test('an attempt that is no probe changes nothing when it begins', () => {
  expect(quarantineWhenBegan(undefined, 0)).toBeUndefined()
  expect(quarantineWhenBegan(denied(0), 1)).toEqual(denied(0))
})

test('an answer ends it; a failure does not; another refusal counts the hour anew', () => {
  const quarantine = denied(0)
  expect(quarantineWhenEnded(quarantine, { kind: 'served' }, 1)).toBeUndefined()
  expect(quarantineWhenEnded(quarantine, { kind: 'failed' }, 1)).toEqual(quarantine)
  expect(quarantineWhenEnded(quarantine, { kind: 'denied' }, 5)).toEqual(denied(5))
})

test('what was forged is never forgotten', () => {
  const forged = quarantineWhenEnded(undefined, { kind: 'forged' }, 0)
  for (const kind of ['served', 'denied', 'neutral'] as const) {
    expect(quarantineWhenEnded(forged, { kind }, 1)).toEqual({ cause: 'forged' })
  }
  expect(judgeQuarantine(forged, Number.MAX_SAFE_INTEGER)).toBe('quarantined')
})

test('nobody is in quarantine for failing', () => {
  expect(quarantineWhenEnded(undefined, { kind: 'failed' }, 0)).toBeUndefined()
  expect(judgeQuarantine(undefined, 0)).toBe('admits')
})
