/** A WAV file of so many seconds of silence: one channel of 16 bits, 8000 samples a second. */
export function wavOf(
  seconds: number,
  change: {
    readonly samplesPerSecond?: number
    readonly format?: number
    readonly size?: number
  } = {},
): Buffer<ArrayBuffer> {
  const samplesPerSecond = change.samplesPerSecond ?? 8_000
  const samples = Buffer.alloc(Math.round(seconds * samplesPerSecond) * 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(change.format ?? 1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(samplesPerSecond, 24)
  // What a header says of its bytes per second is believed by nobody.
  head.writeUInt32LE(0xffffffff, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(change.size ?? samples.length, 40)
  return Buffer.concat([head, samples])
}
