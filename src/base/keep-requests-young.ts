import { setFlagsFromString } from 'node:v8'

/**
 * Where most of what a piece of code makes is still alive at a collection, V8 begins to make it in the old generation. Here
 * it is alive because hundreds of requests are under way, and dies with them: a quarter of all bytes went to the old
 * generation, to be marked and swept there. From now on, and for what is not compiled yet, all objects begin young.
 */
export function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
