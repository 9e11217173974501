import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'

/** The end of a process, as a test makes it: nothing after it happens. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** Ends the process at its n-th step that leaves a mark, before or after the mark is there. Undefined: lives on. */
export type CrashPoint = { readonly step: number; readonly after: boolean } | undefined

/** The store and the node of a process that is going to end. A process that has ended does nothing more. */
export function mortal(
  parts: { readonly store: OutboxStore; readonly rpc: JsonRpc },
  point: CrashPoint,
): { readonly store: OutboxStore; readonly rpc: JsonRpc } {
  let steps = 0
  let dead = false
  const step = async <T>(effect: () => Promise<T>): Promise<T> => {
    if (dead) throw new Crash()
    steps += 1
    dead = steps === point?.step
    if (dead && !point?.after) throw new Crash()
    const result = await effect()
    if (dead) throw new Crash()
    return result
  }
  const { store, rpc } = parts
  return {
    store: {
      put: (entry) => step(() => store.put(entry)),
      update: (entry) => step(() => store.update(entry)),
      find: store.find.bind(store),
      open: store.open.bind(store),
      recent: store.recent.bind(store),
      note: store.note.bind(store),
      setNote: (key, text) => step(() => store.setNote(key, text)),
      notes: store.notes.bind(store),
      close: store.close.bind(store),
    },
    rpc: {
      origin: rpc.origin,
      call: (method, params) =>
        method === 'eth_sendRawTransaction'
          ? step(() => rpc.call(method, params))
          : rpc.call(method, params),
    },
  }
}
