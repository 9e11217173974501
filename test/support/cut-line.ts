import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A line between two machines that can be cut, and mended. */
export type CutLine = {
  readonly port: number
  /** Every connection is lost, and new ones are refused, until `mend`. */
  readonly cut: () => void
  /** Nothing comes through any more, and nobody is told. */
  readonly silence: () => void
  readonly mend: () => void
  readonly close: () => Promise<void>
}

export async function startCutLine(to: number): Promise<CutLine> {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => open.delete(socket))
    }
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const destroyAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true
      destroyAll()
    },
    silence: () => {
      for (const socket of open) socket.unpipe().pause()
    },
    mend: () => {
      isCut = false
    },
    close: async () => {
      destroyAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
