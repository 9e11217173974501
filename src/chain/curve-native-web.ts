/* The twin of curve-native.ts for browsers, where nothing is native: signatures.ts takes noble's curve then. */
import type * as node from './curve-native.ts'

export const loadNativeCurve: typeof node.loadNativeCurve = () => undefined
