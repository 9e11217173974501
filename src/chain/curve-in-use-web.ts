/* The twin of curve-in-use.ts for browsers, where nothing is native. */

import type * as node from './curve-in-use.ts'
import { nobleCurve } from './curve-noble.ts'

export const curve: typeof node.curve = nobleCurve
