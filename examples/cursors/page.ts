import { html } from 'hono/html'
import { page } from '../shared/document.ts'
import type { Html } from '../shared/document.ts'
import { status } from '../shared/status.ts'

/** What changes is filled in by `browser/cursors.ts`. */
export const boardPage = (board: string): Html =>
  page({
    title: `${board} \u00b7 Cursors`,
    assets: 'cursors',
    body: html`<body data-board="${board}" data-status="connecting">
      <main
        id="board"
        tabindex="0"
        aria-label="Board. Arrow keys move your pointer, Enter clicks."
        aria-describedby="hint"
      >
        <div class="words">
          <h1>Everybody’s pointer, on one page</h1>
          <p id="hint">
            Move, tap, or use the arrow keys. Open a second window, hand the link to somebody, or
            call some bots.
          </p>
          <div class="actions">
            <button id="share" class="primary">Copy the link</button>
            <button id="bots" class="pill" aria-pressed="false">Bring 20 bots</button>
          </div>
        </div>
        <div id="ripples" aria-hidden="true"></div>
        <div id="pointers" aria-hidden="true"></div>
      </main>
      <header>
        <img src="/assets/mark.svg" alt="" width="40" height="40" />
        <strong>${board}</strong>
        <div id="here" class="pill">
          <span id="faces" aria-hidden="true"></span>
          <span id="count" role="status">–</span>
        </div>
        ${status}
      </header>
      <footer>
        <form id="who">
          <i id="colour" aria-hidden="true"></i>
          <input
            id="name"
            aria-label="Your name"
            maxlength="24"
            required
            autocomplete="nickname"
            spellcheck="false"
            enterkeyhint="done"
          />
        </form>
        <p><b id="rate">–</b><span>updates a second</span></p>
      </footer>
      <template id="pointer">
        <div class="pointer">
          <svg viewBox="0 0 24 26" width="24" height="26">
            <path d="M2.5 2.2 21 12.4l-8.3 2-4.3 8.1Z" />
          </svg>
          <span></span>
        </div>
      </template>
      <p id="toast" role="status"></p>
    </body>`,
  })
