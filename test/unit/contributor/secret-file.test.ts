import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readKeyFile, readSecretFile } from '../../../src/contributor/secret-file.ts'

const digits = '0a'.repeat(32)
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouch-key-'))
  path = join(folder, 'file')
})

afterEach(() => rm(folder, { recursive: true }))

async function write(content: string, mode = 0o600): Promise<void> {
  await writeFile(path, content)
  await chmod(path, mode)
}

describe('readKeyFile', () => {
  test.each([
    ['hex', `0x${digits}`],
    ['hex without 0x and with a line end', `${digits}\n`],
    ['JSON', JSON.stringify({ privateKey: `0x${digits}`, address: 'ignored' })],
  ])('reads %s', async (_, content) => {
    await write(content)
    expect(await readKeyFile(path)).toEqual({ ok: true, value: `0x${digits}` })
  })

  test.each([
    ['too short', digits.slice(2)],
    ['no hex', 'z'.repeat(64)],
    ['zero', '0'.repeat(64)],
    ['beyond the order of the curve', 'f'.repeat(64)],
    ['JSON without a key', '{"key":"x"}'],
    ['broken JSON', `{"privateKey":"0x${digits}`],
    ['empty', ''],
  ])('refuses a key that is %s, without quoting it', async (_, content) => {
    await write(content)
    expect(await readKeyFile(path)).toEqual({
      ok: false,
      error: `${path} holds no key: expected 64 hex digits, or JSON with them as "privateKey"`,
    })
  })

  test.runIf(process.platform !== 'win32')('refuses a file that others can read', async () => {
    for (const mode of [0o640, 0o604, 0o660]) {
      await write(digits, mode)
      expect(await readKeyFile(path)).toEqual({
        ok: false,
        error: `${path} can be read by others: run chmod 600 on it`,
      })
    }
  })

  test('names a file that is not there, and one that is no key but huge', async () => {
    expect(await readKeyFile(path)).toEqual({
      ok: false,
      error: `${path} cannot be read (ENOENT)`,
    })
    await write(' '.repeat(1024 * 1024 + 1))
    expect(await readKeyFile(path)).toEqual({ ok: false, error: `${path} is too large` })
  })
})

describe('readSecretFile', () => {
  test('reads one word and drops the line end', async () => {
    await write('correct-horse-battery\n')
    expect(await readSecretFile(path)).toEqual({ ok: true, value: 'correct-horse-battery' })
  })

  test('refuses what is short, has spaces or cannot be a header', async () => {
    for (const content of ['short', 'two words are no secret', 'ümlauts-are-no-secret', '']) {
      await write(content)
      expect(await readSecretFile(path)).toEqual({
        ok: false,
        error: `${path} holds no secret: expected 16 or more characters, no spaces`,
      })
    }
  })
})
