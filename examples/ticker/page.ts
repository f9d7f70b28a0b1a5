import { html } from 'hono/html'
import { page } from '../shared/document.ts'
import type { Html } from '../shared/document.ts'
import { status } from '../shared/status.ts'
import { instruments } from './exchange.ts'
import { rates } from './market.ts'

const windows = [
  { seconds: 15, text: '15 s', says: '15 seconds' },
  { seconds: 60, text: '1 min', says: '1 minute' },
  { seconds: 240, text: '4 min', says: '4 minutes' },
]

/** What changes is filled in by `browser/ticker.ts`. */
export const tickerPage: Html = page({
  title: 'Ticker',
  assets: 'ticker',
  body: html`<body data-status="connecting">
    <main>
      <header>
        <img src="/assets/mark.svg" alt="" width="44" height="44" />
        <div>
          <h1>Ticker</h1>
          <p>As fast as you like. Who falls behind gets the newest, and no backlog.</p>
        </div>
        ${status}
      </header>
      <section class="card" aria-label="Prices">
        <fieldset id="instruments">
          <legend class="visually-hidden">Instrument</legend>
          <label class="tile all">
            <input type="radio" name="instrument" value="all" checked />
            <span class="symbol">All</span>
            <span class="name">compared</span>
          </label>
          ${instruments.map(
            ({ symbol, name }, index) =>
              html`<label class="tile series-${index + 1}">
                <input type="radio" name="instrument" value="${index}" />
                <span class="symbol">${symbol}</span>
                <span class="name">${name}</span>
                <span class="price">–</span>
                <span class="change"></span>
              </label>`,
          )}
        </fieldset>
        <div id="plot" role="img" aria-label="Prices of the last minute">
          <p id="paused" hidden>Paused</p>
          <div id="hover" hidden></div>
        </div>
        <div class="controls">
          ${choice(
            'window',
            'Window',
            windows.map(({ seconds, ...rest }) => ({ value: seconds, ...rest })),
            60,
          )}
          ${choice(
            'rate',
            'Quotes a second',
            rates.map((rate) => ({ value: rate, text: rate.toLocaleString('en') })),
            100,
          )}
          <button id="pause" class="pill" aria-pressed="false">Pause</button>
        </div>
      </section>
      <dl id="figures">
        ${figure('updates', 'Quotes', 'received')}
        ${figure('messages', 'Messages', 'that carried them')} ${figure('bytes', 'Data', 'as text')}
        ${figure('age', 'Latency', 'age on arrival')}
        ${figure('merged', 'Merged', 'before a frame')}
        ${figure('skipped', 'Skipped', 'as we were slow')}
        ${figure('points', 'Points', 'on the plot')} ${figure('frames', 'Frames', 'drawn')}
      </dl>
    </main>
  </body>`,
})

function choice(
  name: string,
  legend: string,
  options: readonly { value: number; text: string; says?: string }[],
  chosen: number,
): Html {
  return html`<fieldset class="choice">
    <legend>${legend}</legend>
    <div>
      ${options.map(
        ({ value, text, says }) =>
          html`<label>
            <input
              type="radio"
              name="${name}"
              value="${value}"
              aria-label="${says ?? text}"
              ${value === chosen ? 'checked' : ''}
            />
            <span>${text}</span>
          </label>`,
      )}
    </div>
  </fieldset>`
}

function figure(id: string, term: string, says: string): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd id="${id}">–</dd>
    <dd class="says">${says}</dd>
  </div>`
}
