import { html } from 'hono/html'
import { page } from '../../shared/document.ts'
import type { Html } from '../../shared/document.ts'
import { icon } from '../../shared/icon.ts'
import { status } from '../../shared/status.ts'

/** A room. Everything that changes is filled in by `browser/room.ts`. */
export function roomPage(room: string): Html {
  const body = html`<body class="room" data-room="${room}" data-status="connecting">
    <main>${conversation(room)} ${side}</main>
    ${rename}
    <p id="toast" role="status"></p>
  </body>`
  return page({ title: `#${room}`, assets: 'room', body })
}

const conversation = (room: string): Html => html`
  <section class="talk" aria-label="Conversation">
    <header class="bar">
      <a class="round" href="/" aria-label="All rooms" title="All rooms">${icon('back')}</a>
      <div class="title">
        <h1>#${room}</h1>
        ${status}
      </div>
      <button id="here" class="here" popovertarget="side" aria-label="Who is here">
        <span id="faces" class="faces" aria-hidden="true"></span>
        ${icon('people')} <span id="count"></span>
      </button>
      <button
        id="share"
        class="round"
        aria-label="Copy the link to this room"
        title="Copy the link"
      >
        ${icon('link')}
      </button>
    </header>
    <div id="scroller" role="group" aria-label="What was said" tabindex="0">
      <div id="empty" hidden>
        <img src="/assets/mark.svg" alt="" width="64" height="64" />
        <h2>It is quiet in here</h2>
        <p>Say the first word, or bring somebody along. Who comes later reads what was said.</p>
        <button id="invite" class="pill">${icon('link')} Copy the room’s link</button>
      </div>
      <div id="log" role="log" aria-label="Messages" aria-busy="true"></div>
      <div id="unsent" role="group" aria-label="Not said yet"></div>
    </div>
    <button id="newer" class="pill" hidden>${icon('down')} <span></span></button>
    <p id="typing" aria-live="polite">
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span><span id="typists"></span>
    </p>
    <p id="offline">You are offline. What you write is sent as soon as you are back.</p>
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
    <div id="ended" role="alert" hidden>
      <p>
        <b>This connection is closed for good</b>
        <span id="why"></span>
      </p>
      <button id="again" class="primary">Come back in</button>
    </div>
  </section>
`

const side = html`
  <aside id="side" popover aria-label="Who is here">
    <section class="people">
      <h2>Here <span id="number"></span></h2>
      <button
        class="round close"
        popovertarget="side"
        popovertargetaction="hide"
        aria-label="Close"
      >
        ${icon('close')}
      </button>
      <ul id="people"></ul>
      <button id="change" class="round" aria-label="Change your name" title="Change your name">
        ${icon('pencil')}
      </button>
    </section>
    <section class="wire">
      <h2>On the wire</h2>
      <p>Each frame is JSON that a person can read, and type:</p>
      <pre><code id="terminal"></code></pre>
      <ol id="frames" aria-label="Latest frames first"></ol>
    </section>
  </aside>
`

const rename = html`
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
`
