import { html } from 'hono/html'
import { page } from '../../shared/document.ts'
import type { Html } from '../../shared/document.ts'
import { icon } from '../../shared/icon.ts'

/** A room. Everything that changes is filled in by `room.js`. */
export function roomPage(room: string): Html {
  const body = html`<body class="room" data-room="${room}" data-status="connecting">
    <main>
      <section class="talk" aria-label="Conversation">
        <header class="bar">
          <a class="round" href="/" aria-label="All rooms" title="All rooms">${icon('back')}</a>
          <div class="title">
            <h1>#${room}</h1>
            <p>
              <i class="dot"></i><span id="status" role="status">Connecting…</span>
              <span id="countdown"></span>
            </p>
          </div>
          <button id="me" class="chip" title="Change your name" hidden></button>
          <button
            id="share"
            class="round"
            aria-label="Copy the link to this room"
            title="Copy the link"
          >
            ${icon('link')}
          </button>
        </header>
        <div id="scroller" tabindex="-1">
          <div id="empty">
            <img src="/assets/mark.svg" alt="" width="64" height="64" />
            <h2>It is quiet in here</h2>
            <p>
              Say the first word, or bring somebody along. Nothing is kept: who comes later starts
              fresh.
            </p>
            <button id="invite" class="pill">${icon('link')} Copy the room’s link</button>
          </div>
          <div id="log" role="log" aria-label="Messages"></div>
        </div>
        <button id="newer" class="pill" hidden>${icon('down')} Newer messages</button>
        <p id="typing" aria-live="polite">
          <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span
          ><span id="typists"></span>
        </p>
        <form id="composer">
          <textarea
            id="text"
            rows="1"
            maxlength="2000"
            placeholder="Message #${room}"
            aria-label="Message"
            enterkeyhint="send"
          ></textarea>
          <button id="send" aria-label="Send" disabled>${icon('send')}</button>
        </form>
      </section>
      <aside class="side" aria-label="On the wire">
        <h2>On the wire</h2>
        <p>Every frame is JSON that a person can read, and type:</p>
        <pre><code id="terminal"></code>
<code>{"type":"say","id":1,"data":{"text":"hi"}}</code></pre>
        <ol id="wire" aria-label="Latest frames first"></ol>
      </aside>
    </main>
    <dialog id="rename" aria-labelledby="rename-title">
      <form method="dialog">
        <h2 id="rename-title">Your name</h2>
        <input
          id="name"
          maxlength="24"
          required
          aria-labelledby="rename-title"
          autocomplete="nickname"
          spellcheck="false"
        />
        <menu>
          <button id="cancel" type="button" class="pill">Cancel</button>
          <button class="primary" value="save">Change</button>
        </menu>
      </form>
    </dialog>
    <p id="toast" role="status"></p>
  </body>`
  return page({ title: `#${room}`, assets: 'room', body })
}
