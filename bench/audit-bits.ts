/*
 * Whether two processors compute the same bits: the logits of one answer of vouch-mini, token by token as the engine computes it.
 *
 *   node bench/audit-bits.ts write FILE        on each of them, or on one that qemu plays:
 *                                              qemu-x86_64-static -cpu Haswell-v4 $(which node) bench/audit-bits.ts write FILE
 *   node bench/audit-bits.ts compare FILE FILE
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDecoderSession } from '../src/engine/decoder-session.ts'
import { parseModelConfig } from '../src/engine/model-config.ts'
import { readBlock } from '../src/engine/read-prompt.ts'
import { emptySequence } from '../src/engine/sequence.ts'
import { parseTokenizer } from '../src/engine/tokenizer.ts'
import { builtInModelFolder } from '../test/support/built-in-model.ts'
import { knownAnswer, knownQuestion } from '../test/support/vouch-mini-answers.ts'

const vocabulary = 2048
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Without what `vouch engine` tries at its start, which takes an emulated processor half an hour. */
async function writeLogits(path: string): Promise<void> {
  const read = (file: string): Buffer => readFileSync(join(builtInModelFolder, file))
  const config = parseModelConfig(read('config.json').toString())
  const tokenizer = parseTokenizer(read('tokenizer.json').toString())
  if (!config.ok || !tokenizer.ok) throw new Error('the model is not whole')
  const shape = config.value
  const session = await openDecoderSession(read('model.onnx'), shape, { intraOpThreads: 1 })
  if (!session.ok) throw new Error(session.error)
  const [message] = knownQuestion.messages
  const { encodeTemplate, encodeContent } = tokenizer.value
  const prompt = [
    ...encodeTemplate('<|user|>'),
    ...encodeContent(message?.content ?? ''),
    ...encodeTemplate('<|end|><|assistant|>'),
  ]
  const model = { decoder: session.value, shape }
  const begun = await readBlock(model, emptySequence(shape), prompt)
  const all = [Buffer.from(Float32Array.from(begun.logits).buffer)]
  let { sequence } = begun
  for (const token of encodeContent(knownAnswer)) {
    const next = await readBlock(model, sequence, [token])
    sequence = next.sequence
    all.push(Buffer.from(Float32Array.from(next.logits).buffer))
  }
  writeFileSync(path, Buffer.concat(all))
}

function compareLogits(one: string, other: string): void {
  const [a, b] = [one, other].map((path) => {
    const bytes = Buffer.from(readFileSync(path))
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  })
  if (a === undefined || b === undefined || a.length !== b.length) throw new Error('two answers')
  const equal = a.filter((value, at) => Object.is(value, b[at])).length
  const most = a.reduce((gap, value, at) => Math.max(gap, Math.abs(value - (b[at] ?? 0))), 0)
  const positions = a.length / vocabulary
  const likeliest = (of: Float32Array, at: number): number => {
    const row = of.subarray(at * vocabulary, (at + 1) * vocabulary)
    return row.indexOf(Math.max(...row))
  }
  const alike = Array.from({ length: positions }, (_, at) => at).filter(
    (at) => likeliest(a, at) === likeliest(b, at),
  ).length
  say(`${equal} of ${a.length} logits are equal bit for bit; the largest difference is ${most}`)
  say(`${alike} of ${positions} likeliest tokens are the same`)
}

const [action, first, second] = process.argv.slice(2)
if (action === 'write' && first !== undefined) await writeLogits(first)
else if (action === 'compare' && first !== undefined && second !== undefined)
  compareLogits(first, second)
else {
  process.stderr.write('usage: node bench/audit-bits.ts write FILE | compare FILE FILE\n')
  process.exitCode = 2
}
