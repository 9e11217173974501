const lf = 0x0a
const cr = 0x0d

/**
 * A block as this side sends it: lines end in LF alone, and nothing stands before the first. Nearly every block is one
 * already. Then whoever reads the stream finds the same blocks, however the network cuts it, and a gateway may pass them on
 * as they are. JSON holds no bare CR, so that no content changes.
 */
export function plainBlock(block: Buffer): Buffer {
  if (block[0] !== lf && block.indexOf(cr) === -1) return block
  const lines = block
    .toString('latin1')
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '')
  return Buffer.from(`${lines.join('\n')}\n\n`, 'latin1')
}

/** Blocks as few pieces as they are in memory: those of one chunk of the network stand behind each other. */
export function joinBlocks(blocks: readonly Buffer[]): readonly Buffer[] {
  const joined: Buffer[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    const isNext =
      last?.buffer === block.buffer && last.byteOffset + last.length === block.byteOffset
    if (last === undefined || !isNext) joined.push(block)
    else {
      const length = last.length + block.length
      joined[joined.length - 1] = Buffer.from(last.buffer, last.byteOffset, length)
    }
  }
  return joined
}
