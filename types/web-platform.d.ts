// All that the portable core takes from the platform besides ECMAScript itself: browsers, workers and Node have it.
// Only tsconfig.core.json includes this file, in place of the DOM's and Node's types.

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: Uint8Array): string
}
