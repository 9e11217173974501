/*
 * Writes vouch-mini as a GGUF file for llama.cpp, Ollama and LM Studio:
 *
 *   node scripts/make-gguf.ts f16 vouch-mini.gguf      or f32, or q8_0
 */
import { writeFileSync } from 'node:fs'
import { sha256Hex } from '../src/base/sha256.ts'
import { tensorTypes } from './gguf/gguf-file.ts'
import { vouchMiniGguf } from './gguf/vouch-mini-gguf.ts'

const [asked, path] = process.argv.slice(2)
const type = tensorTypes.find((known) => known === asked)
if (type === undefined || path === undefined) {
  process.stderr.write(`usage: node scripts/make-gguf.ts ${tensorTypes.join('|')} FILE\n`)
  process.exitCode = 2
} else {
  const file = vouchMiniGguf(type)
  writeFileSync(path, file)
  process.stdout.write(`${path}: ${file.length} bytes, sha256 ${sha256Hex(file)}\n`)
}
