import { expect, test, vi } from 'vitest'
import { CommandFailure, terminal } from '../../../src/cli/command.ts'
import { plainLine } from '../../../src/cli/plain-line.ts'
import { describeBillingFailure } from '../../../src/client/ask-gateway.ts'

test('what is written in any language stays as it is', () => {
  for (const line of ['  gateway     https://a.example, 5 %', 'Grüße — 你好 👩‍🔬\n\tmore', '']) {
    expect(plainLine(line)).toBe(line)
  }
})

test('our own colours stay', () => {
  const coloured = '\u001b[32mok\u001b[0m  the signature is good'
  expect(plainLine(coloured)).toBe(coloured)
  expect(plainLine('\u0007[32m')).toBe('\ufffd[32m')
  expect(plainLine('\u001b[8mhidden')).toBe('\ufffd[8mhidden')
})

test('nothing is left that a terminal obeys', () => {
  const obeyed = ['\u001b[2J', '\u009b31m', '\u0007', '\b\b', '\r', '\u007f', '\u202egnp', '\u2066']
  for (const text of obeyed) expect(plainLine(text)).toMatch(/^\ufffd/)
})

test('a gateway that refuses writes nothing into the terminal but words', () => {
  const written: string[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  const message = 'no \u001b]52;c;cm0gLXJmIH4=\u0007\u001b[1A\u001b[2Kyour stake is safe'
  const refusal = { reason: 'gateway_refused', status: 403, code: 'no', message } as const
  terminal.printError(new CommandFailure(describeBillingFailure(refusal)).message)
  write.mockRestore()
  expect(written).toHaveLength(1)
  expect(written[0]).toContain('your stake is safe')
  for (const control of ['\u0007', '\u001b']) expect(written[0]).not.toContain(control)
})
