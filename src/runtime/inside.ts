import type { Snapshot } from './port.ts'

/** Where a Worker finds the inside of its object. */
const INSIDE = 'https://object.denwa.invalid'
const SNAPSHOT_HEADER = 'denwa-snapshot'
/**
 * What only a Worker can say: headers and the address come from whoever sent a request that an
 * application hands on, `cf` comes from the platform alone.
 */
const CF = { denwa: 'inside' }

interface WithCf {
  readonly cf?: { readonly denwa?: unknown }
}

/** What a socket comes with: its snapshot, and the tags under which it is counted. */
interface Asked<S> {
  readonly snapshot: Snapshot
  readonly slots: readonly S[]
}

/** Asks the object to take a socket. */
export function socketRequest(snapshot: Snapshot, slots: readonly object[] = []): Request {
  const header = encodeURIComponent(JSON.stringify({ snapshot, slots }))
  const upgrade = snapshot.events ? undefined : { Upgrade: 'websocket' }
  const headers = { ...upgrade, [SNAPSHOT_HEADER]: header }
  return new Request(`${INSIDE}/socket`, { headers, cf: CF } as RequestInit)
}

/** What comes along, if this is such a request. */
export function askedIn<S>(request: Request): Asked<S> | undefined {
  if (!isInside(request, '/socket')) return undefined
  return JSON.parse(decodeURIComponent(request.headers.get(SNAPSHOT_HEADER) ?? '')) as Asked<S>
}

/** Carries a command to the object in which connections and channels live. */
export function commandRequest(command: object): Request {
  const body = JSON.stringify(command)
  return new Request(`${INSIDE}/command`, { method: 'POST', body, cf: CF } as RequestInit)
}

export function isCommand(request: Request): boolean {
  return isInside(request, '/command')
}

/** What was answered to a command. */
export async function answerOf(response: Response): Promise<any> {
  if (response.status === 204) return undefined
  if (response.status === 200) return response.json()
  throw new Error(`the object answered ${response.status}`)
}

function isInside(request: Request, path: string): boolean {
  return request.url === INSIDE + path && (request as WithCf).cf?.denwa === CF.denwa
}
