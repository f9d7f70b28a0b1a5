import { createClient } from 'denwa/client'
import { useChannel, usePresence, useSocket, useStatus } from 'denwa/react'
import { type ReactNode, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { App } from './app.ts'

const client = createClient<App>('/')
const query = { name: new URLSearchParams(location.search).get('name') ?? '' }

function Said({ room }: { room: string }): ReactNode {
  const [texts, setTexts] = useState<string[]>([])
  const socket = useSocket(client.rooms, { query })
  const add = (text: string): void => setTexts((before) => [...before, text])
  const options = { on: { said: add }, onReset: () => add('reset') }
  const { status } = useStatus(useChannel(socket, 'room/:room', { room }, options))
  const [waiting, setWaiting] = useState(false)
  const say = async (): Promise<void> => {
    setWaiting(true)
    await socket?.request('say', { room, text: `hi from ${query.name}` })
    setWaiting(false)
  }
  return (
    <>
      <p id="said">{texts.join()}</p>
      <button id="say" disabled={waiting || status !== 'joined'} onClick={say} />
    </>
  )
}

function People({ room }: { room: string }): ReactNode {
  const socket = useSocket(client.rooms, { query })
  const { members } = usePresence(useChannel(socket, 'room/:room', { room }))
  const names = [...members.values()].map(({ name }) => name)
  return (
    <>
      <p id="people">{names.toSorted().join()}</p>
      <p id="status">{useStatus(socket).status}</p>
    </>
  )
}

function Page(): ReactNode {
  const [room, setRoom] = useState('lobby')
  return (
    <>
      {['lobby', 'den', ''].map((name) => (
        <button key={name} id={`to-${name || 'nowhere'}`} onClick={() => setRoom(name)} />
      ))}
      {room && <Said key={room} room={room} />}
      {room && <People room={room} />}
    </>
  )
}

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
