import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askNewPassword, askPassword, type Keyboard } from '../../../src/cli/ask-password.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const nothing = { passwordFile: undefined }

/** A terminal on which these keys are typed, one line at each question. */
function typing(...lines: readonly string[]) {
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(mode: boolean) {
      input.isRaw = mode
      return input
    },
  })
  const left = [...lines]
  let screen = ''
  const rawAtQuestions: boolean[] = []
  const output = new PassThrough()
  output.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    if (!screen.endsWith(': ')) return
    rawAtQuestions.push(input.isRaw)
    input.write(left.shift() ?? '')
  })
  const keyboard: Keyboard = { input, output }
  return { keyboard, screen: () => screen, rawAtQuestions }
}

test('a password is typed unseen: the terminal echoes nothing from before the question on', async () => {
  const person = typing('correct horse\r')
  expect(await askPassword('Password: ', nothing, person.keyboard)).toBe('correct horse')
  expect(person.screen()).toBe('Password: \n')
  expect(person.rawAtQuestions).toEqual([true])
})

test('a new one is typed twice, and two different ones are none', async () => {
  const person = typing('correct horse\r', 'correct horse\r')
  expect(await askNewPassword(nothing, person.keyboard)).toBe('correct horse')
  expect(person.screen()).not.toContain('horse')
  const hasty = typing('correct horse\r', 'correct hrose\r')
  await expect(askNewPassword(nothing, hasty.keyboard)).rejects.toThrow('two different passwords')
  const short = typing('horse\r')
  await expect(askNewPassword(nothing, short.keyboard)).rejects.toThrow('8 characters or more')
})

test('Ctrl-C at the question does nothing, and without a terminal nobody is asked', async () => {
  const person = typing('corr\u0003')
  await expect(askPassword('Password: ', nothing, person.keyboard)).rejects.toThrow(
    'nothing was done',
  )
  const pipe: Keyboard = { input: new PassThrough(), output: new PassThrough() }
  await expect(askPassword('Password: ', nothing, pipe)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('add --password-file'),
  })
})

test('a file that is given is read, its first line with its spaces, and must be its owner’s alone', async () => {
  const folder = temporaryFolder()
  const passwordFile = join(folder.path, 'password')
  writeFileSync(passwordFile, ' two words \r\nsecond line\n', { mode: 0o600 })
  const nobody = typing()
  expect(await askPassword('Password: ', { passwordFile }, nobody.keyboard)).toBe(' two words ')
  expect(await askNewPassword({ passwordFile }, nobody.keyboard)).toBe(' two words ')
  expect(nobody.screen()).toBe('')
  chmodSync(passwordFile, 0o644)
  await expect(askPassword('Password: ', { passwordFile })).rejects.toThrow('read by others')
  writeFileSync(passwordFile, '\n')
  chmodSync(passwordFile, 0o600)
  await expect(askPassword('Password: ', { passwordFile })).rejects.toThrow('holds no password')
  folder.remove()
})
