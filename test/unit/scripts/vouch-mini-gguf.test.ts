import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tensorTypes } from '../../../scripts/gguf/gguf-file.ts'
import { vouchMiniGguf } from '../../../scripts/gguf/vouch-mini-gguf.ts'
import { sha256Hex } from '../../../src/base/sha256.ts'
import { openFileDigests } from '../../../src/contributor/weights/file-digests.ts'
import { modelManifest } from '../../../src/contributor/weights/model-manifest.ts'

const page = readFileSync('docs/engines.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'vouch-gguf-'))
afterAll(() => rmSync(folder, { recursive: true }))

const quantizations = { f32: 'F32', f16: 'F16', q8_0: 'Q8_0' }

describe.each(tensorTypes)('%s', (type) => {
  const file = vouchMiniGguf(type)

  test('is the file whose hash docs/engines.md names', () => {
    expect(page).toContain(
      `| \`${type}\` | ${file.length.toLocaleString('en')} | \`${sha256Hex(file)}\` |`,
    )
  })

  test('says what it is', async () => {
    const path = join(folder, `${type}.gguf`)
    writeFileSync(path, file)
    const manifest = await modelManifest({
      id: 'vouch-mini',
      place: { kind: 'path', path },
      engine: { name: null, version: null },
      digests: await openFileDigests(undefined),
    })
    expect(manifest).toMatchObject({
      ok: true,
      value: {
        architecture: 'arcee',
        // 2,048 × 256 twice, and of each of six layers 3 × 256 × 256 + 256 × 256 + 2 × 256 × 1,024, and thirteen gains.
        parameters: 2 * 2048 * 256 + 6 * (4 * 256 * 256 + 2 * 256 * 1024) + 13 * 256,
        quantization: quantizations[type],
        contextTokens: 1024,
      },
    })
  })
})
