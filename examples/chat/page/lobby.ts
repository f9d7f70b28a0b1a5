import { html } from 'hono/html'
import { page } from '../../shared/document.ts'
import type { Html } from '../../shared/document.ts'

const rooms = ['lobby', 'coffee', 'music']

/** The front page: who you are, and where to go. */
export function lobbyPage(name: string): Html {
  const body = html`<body class="front">
    <main>
      <header>
        <img class="mark" src="/assets/mark.svg" alt="" width="72" height="72" />
        <h1>Pick up, say hello.</h1>
        <p class="lead">
          Rooms on one WebSocket route. Open this page in a second tab, or send a friend the link.
        </p>
      </header>
      <form id="enter" class="card" action="/chat/lobby" autocomplete="off">
        <label for="name">Your name</label>
        <input
          id="name"
          name="name"
          value="${name}"
          maxlength="24"
          required
          autocomplete="nickname"
          spellcheck="false"
        />
        <label for="room">Room</label>
        <div class="prefixed">
          <span aria-hidden="true">#</span
          ><input
            id="room"
            value="lobby"
            maxlength="32"
            required
            autocapitalize="none"
            spellcheck="false"
          />
        </div>
        <nav class="rooms" aria-label="Rooms to try">
          ${rooms.map((room) => html`<a class="pill" href="/chat/${room}" data-room="${room}">#${room}</a>`)}
        </nav>
        <button class="primary">Enter the room</button>
      </form>
      <footer>
        One app for Node, Bun, Deno, Workers and Durable Objects. Stop the server while you talk,
        and start it again: nothing gets lost.
      </footer>
    </main>
  </body>`
  return page({ title: 'Rooms', assets: 'lobby', body })
}
