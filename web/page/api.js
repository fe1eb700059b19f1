'use strict';

// How the page speaks with the server: requests by HTTP, and one web socket for everything that is followed live. Both try again
// by themselves while the server is away; drafts and runs lose nothing by that.

/** Whether somebody is signed in, as far as the page knows. Who, only the server can tell: no script sees the cookie. */
const session = { open: false };

/** An answer that is an error; `code` is one of those of the API, such as `NOT_FOUND`. */
class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** Who is told that the server is away (`seconds` until the next try, null when it is back), and that the sign-in has ended. */
const listeners = { away: () => {}, ended: () => {} };

/** Waits until a delay that grows with each try has passed, somebody calls `tryNow`, or the signal aborts. */
const waiting = new Set();
function backoff(tries, signal) {
  const seconds = Math.min(15, 2 ** tries / 2) * (0.8 + Math.random() / 2.5);
  listeners.away(Math.ceil(seconds));
  return new Promise((resolve, reject) => {
    const go = () => {
      clearTimeout(timer);
      waiting.delete(go);
      if (signal?.aborted) reject(new DOMException('left', 'AbortError'));
      else resolve();
    };
    const timer = setTimeout(go, seconds * 1000);
    waiting.add(go);
    signal?.addEventListener('abort', go, { once: true });
  });
}

/** Ends all waiting: the person asks for it, or the network is back. */
function tryNow() {
  for (const go of [...waiting]) go();
}
window.addEventListener('online', tryNow);

/**
 * Sends an operation and gives its data. While the server is away it is sent again, so it must be one that may arrive twice:
 * queries, hand-ins (by their key), and attempts, of which the second costs nothing.
 */
async function ask(query, variables = {}, { signal, retry = true } = {}) {
  for (let tries = 0; ; tries += 1) {
    try {
      const data = await askOnce(query, variables, signal);
      if (!live.lost || !live.followers.size) listeners.away(null);
      return data;
    } catch (error) {
      if (error.code !== 'AWAY' || !retry) throw error;
      await backoff(tries, signal);
    }
  }
}

async function askOnce(query, variables, signal) {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
  const away = new ApiError('The server does not answer.', 'AWAY');
  let answer;
  try {
    const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query, variables }), signal });
    answer = await response.json();
  } catch (error) {
    throw error.name === 'AbortError' ? error : away;
  }
  const problem = answer.errors?.[0];
  if (!problem) return answer.data;
  const code = problem.extensions?.code;
  if (code === 'UNAVAILABLE') throw away;
  if (code === 'UNAUTHENTICATED' && session.open) endSession(problem.message);
  throw new ApiError(problem.message, code);
}

/** The sign-in has ended. */
function endSession(message) {
  session.open = false;
  live.close();
  listeners.away(null);
  listeners.ended(message);
}

/** The socket. It is open while something is followed; every follower keeps the cursor from which it goes on. */
const live = {
  socket: null,
  open: false,
  lost: false,
  tries: 0,
  last: 0,
  followers: new Map(),

  connect() {
    if (this.socket || !this.followers.size || !session.open) return;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`, 'graphql-transport-ws');
    this.socket = socket;
    const say = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: 'connection_init' });
    socket.onmessage = (event) => this.socket === socket && this.hear(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.open = false;
      this.reconnect(event.code);
    };
  },

  async reconnect(code) {
    if (!this.followers.size) return;
    this.lost = true;
    for (const follower of this.followers.values()) follower.lost?.();
    // The server ends sockets whose rights have changed; whether the sign-in has ended as well, a request tells.
    if (code === 4403) await ask('{ viewer { user { id } } }').catch(() => {});
    await backoff(this.tries);
    this.tries += 1;
    this.connect();
  },

  hear(message) {
    const follower = this.followers.get(message.id);
    switch (message.type) {
      case 'connection_ack':
        this.open = true;
        this.lost = false;
        this.tries = 0;
        listeners.away(null);
        for (const id of this.followers.keys()) this.subscribe(id);
        break;
      case 'ping':
        this.socket.send('{"type":"pong"}');
        break;
      case 'next': {
        const [news] = Object.values(message.payload.data ?? {});
        if (!follower || !news) break;
        follower.variables.after = news.cursor;
        follower.next(news);
        break;
      }
      case 'error':
        this.followers.delete(message.id);
        follower?.error(message.payload[0]?.message ?? 'The server refused to go on.');
        break;
      case 'complete':
        // It ended without having said its last word, as when the server lost its database: go on behind the cursor.
        if (follower) this.resume(message.id, this.socket);
        break;
    }
  },

  resume(id, socket) {
    setTimeout(() => this.socket === socket && this.subscribe(id), 1000);
  },

  subscribe(id) {
    const follower = this.followers.get(id);
    if (!follower || !this.open) return;
    const { query, variables } = follower;
    this.socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query, variables } }));
  },

  close() {
    this.followers.clear();
    this.socket?.close(1000);
    this.socket = null;
    this.open = false;
    this.lost = false;
  },
};

/**
 * Follows a subscription until the function that this returns is called or the signal aborts. `next` gets each piece of news,
 * `error` a message when the server refuses it, `lost` is called when the connection breaks; it is made again by itself.
 */
function follow(query, variables, { next, error, lost, signal }) {
  const id = String((live.last += 1));
  live.followers.set(id, { query, variables: { ...variables }, next, error, lost });
  if (live.open) live.subscribe(id);
  else live.connect();
  const stop = () => {
    if (live.followers.delete(id) && live.open) live.socket.send(JSON.stringify({ type: 'complete', id }));
  };
  signal?.addEventListener('abort', stop, { once: true });
  return stop;
}
