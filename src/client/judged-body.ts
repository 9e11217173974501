/*
 * A response's body that ends only once somebody has judged all of its bytes. Of a stream of events everything but its end
 * is handed on as it comes; of any other body nothing is, because a reader may use a whole answer before its last byte.
 */
import { joinBytes } from '../base/bytes.ts'
import { EndKeeper } from './stream-end.ts'

export type BodyJudge = {
  /**
   * All bytes came, and their connection ended well; the reader has the first `handedOn` of them. Resolves to how many it gets
   * in all; rejects with what it gets instead of the end.
   */
  readonly ended: (bytes: Uint8Array, handedOn: number) => Promise<number>
  /** The reader left, or the connection broke: nobody will see an end. Must not throw. */
  readonly left: () => void
  /** More bytes than this are not judged: `ended` never happens, and the reader gets `tooLong`. */
  readonly bytesMax: number
  readonly tooLong: () => Error
}

/**
 * Reads from `body` only when its own reader asks for more, and cancels it when its own reader cancels. An error of `body`,
 * an abort included, is passed on as it is.
 */
export function judgedBody(
  body: ReadableStream<Uint8Array>,
  { isEventStream, judge }: { readonly isEventStream: boolean; readonly judge: BodyJudge },
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const all: Uint8Array[] = []
  let length = 0
  const keeper = isEventStream ? new EndKeeper() : undefined

  const finish = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const bytes = joinBytes(all)
    const handedOn = keeper === undefined ? 0 : bytes.length - lengthOf(keeper.kept)
    const count = await judge.ended(bytes, handedOn)
    const rest = bytes.subarray(handedOn, count)
    if (rest.length > 0) controller.enqueue(rest)
    controller.close()
  }
  /** False when it is the last step. */
  const step = async (
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<boolean> => {
    const { done, value } = await readOrLeave(reader, judge)
    if (done) {
      await finish(controller)
      return false
    }
    // A reader may write into what it was given, so what is judged is a copy.
    all.push(new Uint8Array(value))
    length += value.length
    if (length > judge.bytesMax) {
      judge.left()
      await reader.cancel()
      throw judge.tooLong()
    }
    const free = keeper?.add(value) ?? []
    for (const piece of free) controller.enqueue(piece)
    return free.length === 0
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (await step(controller));
      },
      async cancel(reason) {
        judge.left()
        await reader.cancel(reason)
      },
    },
    // Nothing is read ahead: a slow reader slows down its gateway as without us.
    { highWaterMark: 0 },
  )
}

const lengthOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0)

async function readOrLeave(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  judge: BodyJudge,
): ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']> {
  try {
    return await reader.read()
  } catch (error) {
    judge.left()
    throw error
  }
}
