// The line to the server: opens by itself again whenever it breaks, answers pings, keeps what could not be sent yet.

const PAUSES_MS = [300, 700, 1500, 3000, 6000, 10000];
const SILENCE_MS = 20000; // the server asks every five seconds
const MOST_KEPT = 200;
const ENDS = new Set([4401, 4403, 4404, 4409]);

export class Line {
  // hear(message): everything but pings; change(isOpen): the line broke or is back; end(code): it stays closed.
  constructor(path, { hear, change, end }) {
    this.address = new URL(path, location.href.replace(/^http/, "ws")).href;
    Object.assign(this, { hear, change, end });
    this.kept = [];
    this.failures = 0;
    this.isDone = false;
    addEventListener("online", () => this.again(0));
    setInterval(() => this.watch(), 5000);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    const socket = (this.socket = new WebSocket(this.address));
    this.heardAt = Date.now();
    socket.onmessage = (event) => {
      this.heardAt = Date.now();
      const message = JSON.parse(event.data);
      if (message.is === "ping") return socket.send('{"do":"here"}');
      if (message.is === "welcome") this.welcome();
      this.hear(message);
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      if (ENDS.has(event.code)) return this.close(event.code);
      this.change(false);
      const pause = PAUSES_MS[Math.min(this.failures++, PAUSES_MS.length - 1)];
      this.again(pause * (0.7 + 0.6 * Math.random()));
    };
  }

  welcome() {
    this.failures = 0;
    this.change(true);
    for (const text of this.kept.splice(0)) this.socket.send(text);
  }

  again(pause) {
    if (this.isDone || this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), pause);
  }

  // A phone that changes networks may never hear that its connection is gone.
  watch() {
    if (this.isDone || Date.now() - this.heardAt < SILENCE_MS || this.socket.readyState > WebSocket.OPEN) return;
    const old = this.socket;
    this.socket = { readyState: WebSocket.CLOSED };
    old.close();
    this.change(false);
    this.again(0);
  }

  send(message) {
    const text = JSON.stringify(message);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
    else if (this.kept.length < MOST_KEPT) this.kept.push(text);
  }

  close(code = 1000) {
    if (this.isDone) return;
    this.isDone = true;
    clearTimeout(this.timer);
    this.socket.close?.();
    this.end(code);
  }
}
