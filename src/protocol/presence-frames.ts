/** Who is on a channel, as clients are told: of a member its key, and what the server says of it, encoded. */

export interface Told {
  readonly key: string
  readonly meta: string
}

/** What has changed since the version before. */
export function presenceFrame(
  channel: string,
  version: number,
  joined: readonly Told[],
  left: readonly string[],
  count?: number,
): string {
  let frame = `{"type":"$presence","channel":${JSON.stringify(channel)},"version":${version}`
  if (joined.length > 0) frame += `,"joined":${objectOf(joined)}`
  if (left.length > 0) frame += `,"left":${JSON.stringify(left)}`
  return `${frame}${countOf(count)}}`
}

/** Who was there at a version. */
export function presenceState(version: number, members: Iterable<Told>, count?: number): string {
  return `{"version":${version},"members":${objectOf(members)}${countOf(count)}}`
}

/** The same for the member with this key. */
export function withSelf(state: string, key: string): string {
  return `${state.slice(0, -1)},"self":${JSON.stringify(key)}}`
}

function objectOf(members: Iterable<Told>): string {
  const parts: string[] = []
  for (const { key, meta } of members) parts.push(`${JSON.stringify(key)}:${meta}`)
  return `{${parts.join(',')}}`
}

function countOf(count: number | undefined): string {
  return count === undefined ? '' : `,"count":${count}`
}
