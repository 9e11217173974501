import { describe, expect, test } from 'vitest'
import { SseReader } from '../../../src/upstream/sse-reader.ts'

function read(...pieces: readonly (string | Buffer)[]) {
  const reader = new SseReader()
  const blocks: string[] = []
  for (const piece of pieces)
    reader.push(Buffer.from(piece), (block) => blocks.push(block.toString()))
  return { blocks, rest: reader.unfinished.toString() }
}

describe('SseReader', () => {
  test('a block is whole with the blank line that ends it', () => {
    expect(read('data: a\n\ndata: b\n\nda')).toEqual({
      blocks: ['data: a\n\n', 'data: b\n\n'],
      rest: 'da',
    })
  })

  test.each([
    ['data: a\r\n\r\ndata: b\r\n\r\n', ['data: a\r\n\r\n', 'data: b\r\n\r\n']],
    ['data: a\n\r\n', ['data: a\n\r\n']],
    ['data: a\r\n\n', ['data: a\r\n\n']],
    ['data: a\r\rx', ['data: a\r\r']],
    ['data: a\n\rx', ['data: a\n\r']],
    ['\r\n\r\ndata: a\n\n', ['data: a\n\n']],
    ['\n\n\n\ndata: a\n\n', ['data: a\n\n']],
  ])('lines may end in any way: %j', (text, blocks) => {
    expect(read(text).blocks).toEqual(blocks)
  })

  test('a CR at the end of a chunk waits for the LF that may follow', () => {
    const reader = new SseReader()
    const blocks: string[] = []
    const push = (text: string) =>
      reader.push(Buffer.from(text), (block) => blocks.push(block.toString()))
    push('data: a\r\n\r')
    expect(blocks).toEqual([])
    push('\ndata: b')
    expect(blocks).toEqual(['data: a\r\n\r\n'])
  })

  test('a character that is split over chunks stays whole', () => {
    const bytes = Buffer.from('data: 💶\n\n')
    for (let at = 1; at < bytes.length; at += 1) {
      expect(read(bytes.subarray(0, at), bytes.subarray(at)).blocks).toEqual(['data: 💶\n\n'])
    }
  })

  test('one chunk may end many blocks, and many chunks one', () => {
    expect(read('data: a\n\n'.repeat(100)).blocks).toHaveLength(100)
    expect(read(...'data: a\n\n').blocks).toHaveLength(1)
  })
})
