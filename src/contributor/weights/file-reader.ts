import { type FileHandle, open, stat } from 'node:fs/promises'
import { readChunkBytes } from './limits.ts'
import { WeightsFault } from './weights-fault.ts'

/** Told of the bytes that are read past while it is set. */
type Observer = { readonly update: (bytes: Uint8Array) => unknown }

/**
 * A file from its beginning to its end, little-endian. Nothing is asked of it beyond what the file has, so that no count
 * in a header makes anybody wait or allocate for what is not there.
 */
export class FileReader {
  readonly path: string
  readonly size: number
  observer: Observer | undefined
  readonly #handle: FileHandle
  #window: Buffer = Buffer.alloc(0)
  /** Where the window begins in the file, and what of it was read. */
  #start = 0
  #at = 0

  constructor(path: string, handle: FileHandle, size: number) {
    this.path = path
    this.#handle = handle
    this.size = size
  }

  get position(): number {
    return this.#start + this.#at
  }

  get left(): number {
    return this.size - this.position
  }

  /** Valid until the next call. `length` is at most a chunk. */
  async bytes(length: number): Promise<Buffer> {
    this.#demand(length)
    if (this.#at + length > this.#window.length) await this.#fill(length)
    const bytes = this.#window.subarray(this.#at, this.#at + length)
    this.#at += length
    this.observer?.update(bytes)
    return bytes
  }

  /** What nobody observes is not read from the disk. */
  async skip(length: number): Promise<void> {
    this.#demand(length)
    if (this.observer === undefined) {
      const ahead = this.#at + length
      if (ahead <= this.#window.length) this.#at = ahead
      else {
        this.#start += ahead
        this.#at = 0
        this.#window = Buffer.alloc(0)
      }
      return
    }
    for (let left = length; left > 0; left -= readChunkBytes) {
      await this.bytes(Math.min(left, readChunkBytes))
    }
  }

  async byte(): Promise<number> {
    return (await this.bytes(1)).readUInt8()
  }

  async uint32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE()
  }

  /** A count or a length; what no number can hold, no file has either. */
  async uint64(): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) return this.fault(`it says ${value} of something`)
    return Number(value)
  }

  fault(detail: string): never {
    throw new WeightsFault(this.path, detail)
  }

  #demand(length: number): void {
    if (length > this.left) this.fault('it ends in the middle of its header')
  }

  async #fill(length: number): Promise<void> {
    this.#start = this.position
    this.#at = 0
    const window = Buffer.allocUnsafe(Math.min(Math.max(length, readChunkBytes), this.left))
    let filled = 0
    while (filled < window.length) {
      const { bytesRead } = await this.#handle.read(
        window,
        filled,
        window.length - filled,
        this.#start + filled,
      )
      if (bytesRead === 0) this.fault('it became shorter while it was read')
      filled += bytesRead
    }
    this.#window = window
  }
}

/** What is no file is not opened: a pipe would be waited for, and a device has no end. */
export async function openFile(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new WeightsFault(path, 'it is no file')
  return open(path)
}

/** Opens a file for as long as `read` takes. */
export async function readingFile<T>(
  path: string,
  read: (reader: FileReader) => Promise<T>,
): Promise<T> {
  const handle = await openFile(path)
  try {
    const { size } = await handle.stat()
    return await read(new FileReader(path, handle, size))
  } finally {
    await handle.close()
  }
}
