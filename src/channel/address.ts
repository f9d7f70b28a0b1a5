import { exceeds } from '../protocol/codec.ts'

/** Longest parameter, in bytes of UTF-8, and longest address, encoded. */
const MAX_PART_BYTES = 128
const MAX_ADDRESS_LENGTH = 255

const PLAIN = /^[A-Za-z0-9_-]{1,128}$/

/**
 * A channel's name with its parameters: `room/:room`. Its address is what travels: parameters are
 * percent-encoded, so that different parameters never share an address.
 */
export class Pattern {
  readonly name: string
  readonly #segments: readonly string[]

  /** @throws {TypeError} if the name has an empty, optional or restricted segment */
  constructor(name: string) {
    this.name = name
    this.#segments = name.split('/')
    for (const segment of this.#segments) {
      if (!/^:?[A-Za-z0-9_-]+$/.test(segment)) {
        throw new TypeError(
          `Cannot use "${name}" as a channel: write letters, digits, "_" and "-", as in room/:room`,
        )
      }
    }
  }

  /** Whether some address is both patterns'. */
  overlaps(other: Pattern): boolean {
    const theirs = other.#segments
    return (
      theirs.length === this.#segments.length &&
      theirs.every(
        (their, i) => (their + this.#segments[i]).includes(':') || their === this.#segments[i],
      )
    )
  }

  /**
   * The address for these parameters.
   *
   * @throws {TypeError} if a parameter is missing or not fit to be part of an address
   */
  address(params: object): string {
    const address = this.#segments
      .map((segment) => {
        if (segment[0] !== ':') return segment
        const key = segment.slice(1)
        const value: unknown = Object.hasOwn(params, key)
          ? (params as Record<string, unknown>)[key]
          : undefined
        if (typeof value !== 'string') throw this.#unfit(`parameter "${key}" is missing`)
        const part = PLAIN.test(value) ? value : encodePart(value)
        if (part === undefined) {
          throw this.#unfit(`parameter "${key}" is not 1 to ${MAX_PART_BYTES} bytes of text in NFC`)
        }
        return part
      })
      .join('/')
    if (address.length > MAX_ADDRESS_LENGTH) {
      throw this.#unfit(`its address is longer than ${MAX_ADDRESS_LENGTH}`)
    }
    return address
  }

  #unfit(why: string): TypeError {
    return new TypeError(`Cannot address channel "${this.name}": ${why}`)
  }

  /** The parameters in an address, or `undefined` if it is none of this pattern's. */
  match(address: string): Record<string, string> | undefined {
    if (address.length > MAX_ADDRESS_LENGTH) return undefined
    const parts = address.split('/')
    if (parts.length !== this.#segments.length) return undefined
    const params: Record<string, string> = Object.create(null) as Record<string, string>
    for (const [index, segment] of this.#segments.entries()) {
      const part = parts[index] as string
      if (segment[0] !== ':') {
        if (part !== segment) return undefined
        continue
      }
      const value = PLAIN.test(part) ? part : decodePart(part)
      if (value === undefined) return undefined
      params[segment.slice(1)] = value
    }
    return params
  }
}

function encodePart(value: string): string | undefined {
  if (value === '' || exceeds(value, MAX_PART_BYTES) || !value.isWellFormed()) return undefined
  if (value !== value.normalize('NFC')) return undefined
  return encodeURIComponent(value).replace(
    /[.!~*'()]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Only the one spelling that {@linkcode encodePart} gives is an address. */
function decodePart(part: string): string | undefined {
  try {
    const value = decodeURIComponent(part)
    return encodePart(value) === part ? value : undefined
  } catch {
    return undefined
  }
}
